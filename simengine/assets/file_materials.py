"""What the materials of OBJ and glTF files tell: pictures of base colour, roughness, metal and normals, and factors."""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from simengine.assets.picture import PictureSet, decode_picture, join_surface, read_picture

__all__ = ["FileMaterial", "file_materials"]


@dataclass(frozen=True, eq=False)
class FileMaterial:
    """A material of a file.

    Attributes:
        pictures: Its pictures, or None.
        finish: Roughness and metallic, factors on the pictures; None where the file is silent.
    """

    pictures: PictureSet | None
    finish: tuple[float, float] | None


Materials = dict[str, FileMaterial]


def file_materials(file: Path) -> Materials:
    """Materials by name; a glTF material without a name is ``""``.

    Raises:
        SimengineError: If a picture that a material names is missing or broken.
    """
    suffix = file.suffix.lower()
    if suffix == ".obj":
        return _obj(file)
    if suffix in (".gltf", ".glb"):
        return _gltf(file)
    return {}


_MTL_MAPS = {"map_kd": "color", "map_pr": "roughness", "map_pm": "metallic", "norm": "normal"}


def _obj(file: Path) -> Materials:
    """Of the MTL files that an OBJ names, with their PBR extension; a missing one leaves it without materials."""
    found: dict[str, dict[str, Any]] = {}
    for library in _values(file, "mtllib"):
        path = file.parent / library
        if not path.is_file():
            continue
        name = ""
        for line in path.read_text(errors="replace").splitlines():
            word, _, rest = line.strip().partition(" ")
            if word == "newmtl":
                name = rest.strip()
            elif word in ("Pr", "Pm") and rest.strip():
                found.setdefault(name, {})[word] = min(max(float(rest), 0.0), 1.0)
            elif word.lower() in _MTL_MAPS and rest.strip():
                # Options come before the name; a name with spaces is taken whole if it exists.
                target = path.parent / rest.strip().replace("\\", "/")
                if not target.is_file():
                    target = path.parent / rest.split()[-1].replace("\\", "/")
                found.setdefault(name, {})[_MTL_MAPS[word.lower()]] = read_picture(target)
    return {name: _mtl_material(parts) for name, parts in found.items()}


def _mtl_material(parts: dict[str, Any]) -> FileMaterial:
    surface = join_surface(parts.get("roughness"), parts.get("metallic"))
    pictures = PictureSet(parts.get("color"), surface, parts.get("normal"))
    finish = (parts.get("Pr", 0.5 if surface is None else 1.0), parts.get("Pm", 0.0 if surface is None else 1.0))
    return FileMaterial(_shown(pictures), finish if surface is not None or {"Pr", "Pm"} & set(parts) else None)


def _shown(pictures: PictureSet) -> PictureSet | None:
    return None if pictures.color is pictures.surface is pictures.normal is None else pictures


def _values(file: Path, word: str) -> list[str]:
    found = []
    with file.open(errors="replace") as lines:
        for line in lines:
            if line.startswith(word):
                found.append(line[len(word) :].strip())
    return found


def _gltf(file: Path) -> Materials:
    data = file.read_bytes()
    binary = b""
    if data[:4] == b"glTF":
        (length,) = struct.unpack_from("<I", data, 12)
        document, rest = json.loads(data[20 : 20 + length]), 20 + length
        if len(data) > rest + 8:
            (size,) = struct.unpack_from("<I", data, rest)
            binary = data[rest + 8 : rest + 8 + size]
    else:
        document = json.loads(data)

    def read(texture: dict[str, Any] | None) -> NDArray[np.uint8] | None:
        source = None if texture is None else document["textures"][texture["index"]].get("source")
        return None if source is None else _image(document["images"][source], document, binary, file)

    materials: Materials = {}
    for material in document.get("materials", ()):
        pbr = material.get("pbrMetallicRoughness")
        finish = None if pbr is None else (pbr.get("roughnessFactor", 1.0), pbr.get("metallicFactor", 1.0))
        maps = pbr or {}
        pictures = PictureSet(
            read(maps.get("baseColorTexture")),
            read(maps.get("metallicRoughnessTexture")),
            read(material.get("normalTexture")),
        )
        materials[material.get("name", "")] = FileMaterial(_shown(pictures), finish)
    return materials


def _image(image: dict[str, Any], document: dict[str, Any], binary: bytes, file: Path) -> NDArray[np.uint8]:
    uri = image.get("uri")
    if uri is not None and not uri.startswith("data:"):
        return read_picture(file.parent / unquote(uri))
    if uri is not None:
        data = base64.b64decode(uri.partition(",")[2])
    else:
        view = document["bufferViews"][image["bufferView"]]
        buffer = document["buffers"][view["buffer"]].get("uri")
        if buffer is None:
            content = binary
        elif buffer.startswith("data:"):
            content = base64.b64decode(buffer.partition(",")[2])
        else:
            content = (file.parent / unquote(buffer)).read_bytes()
        start = view.get("byteOffset", 0)
        data = content[start : start + view["byteLength"]]
    return decode_picture(data, name=f"in {file}")
