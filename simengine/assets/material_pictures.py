"""The base-colour pictures that the materials of OBJ and glTF files name."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from simengine.assets.picture import decode_picture, read_picture

__all__ = ["material_pictures"]

Pictures = dict[str, NDArray[np.uint8]]


def material_pictures(file: Path) -> Pictures:
    """SRGB pictures (H, W, 3) by material name; a glTF material without a name is ``""``.

    Raises:
        SimengineError: If a picture that a material names is missing or broken.
    """
    suffix = file.suffix.lower()
    if suffix == ".obj":
        return _obj(file)
    if suffix in (".gltf", ".glb"):
        return _gltf(file)
    return {}


def _obj(file: Path) -> Pictures:
    """``map_Kd`` of the MTL files that an OBJ names; a missing MTL file leaves it without materials."""
    pictures: Pictures = {}
    for library in _values(file, "mtllib"):
        path = file.parent / library
        if not path.is_file():
            continue
        name = ""
        for line in path.read_text(errors="replace").splitlines():
            word, _, rest = line.strip().partition(" ")
            if word == "newmtl":
                name = rest.strip()
            elif word.lower() == "map_kd" and rest.strip():
                # Options come before the name; a name with spaces is taken whole if it exists.
                target = path.parent / rest.strip().replace("\\", "/")
                if not target.is_file():
                    target = path.parent / rest.split()[-1].replace("\\", "/")
                pictures[name] = read_picture(target)
    return pictures


def _values(file: Path, word: str) -> list[str]:
    found = []
    with file.open(errors="replace") as lines:
        for line in lines:
            if line.startswith(word):
                found.append(line[len(word) :].strip())
    return found


def _gltf(file: Path) -> Pictures:
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
    pictures: Pictures = {}
    for material in document.get("materials", ()):
        texture = material.get("pbrMetallicRoughness", {}).get("baseColorTexture")
        if texture is None:
            continue
        source = document["textures"][texture["index"]].get("source")
        if source is not None:
            image = document["images"][source]
            pictures[material.get("name", "")] = _image(image, document, binary, file)
    return pictures


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
