"""Puts our picture and Cycles' picture of one scene side by side: lights, shadows, highlights, colour bleeding.

Blender's Python module draws in an interpreter of its own, since it pins other versions of numpy:

    pip install bpy                                       # there; here simengine[exr]
    python tools/compare_cycles.py --blender there/bin/python --out cycles

writes cycles.png (ours, Cycles', their difference times 1.5 about grey) and prints the mean light of each object.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np
import trimesh

from simengine.assets.mesh import Mesh
from simengine.render.camera import look_at, make_camera
from simengine.render.model import Instance, LightSource, RenderScene, RenderSettings, SurfaceMaterial
from simengine.render.openexr import read_exr
from simengine.render.tone import encode_tone
from simengine.render.warp_renderer import WarpRenderer

MATERIALS = {
    "white": SurfaceMaterial((0.7, 0.7, 0.7), roughness=0.8),
    "red": SurfaceMaterial((0.6, 0.05, 0.04), roughness=0.8),
    "green": SurfaceMaterial((0.06, 0.45, 0.08), roughness=0.8),
    "lacquer": SurfaceMaterial((0.05, 0.12, 0.5), roughness=0.35, clear_coat=1.0),
    "steel": SurfaceMaterial((0.7, 0.68, 0.65), metallic=1.0, roughness=0.25),
    "brass": SurfaceMaterial((0.8, 0.5, 0.15), metallic=1.0, roughness=0.45),
    "plastic": SurfaceMaterial((0.75, 0.3, 0.05), roughness=0.3),
    "lamp": SurfaceMaterial((0.0, 0.0, 0.0), specular=0.0, emission=(6.0, 4.5, 3.0)),
}
SLANT = np.array([0.5, 0.75, -0.45]) / np.linalg.norm([0.5, 0.75, -0.45])
LIGHTS = (
    LightSource("area", (0.1, -0.1, 1.2), (0, 0, -1), (0, 1, 0), (0.4, 0.3), 4.0, (1.0, 1.0, 1.0)),
    LightSource("disk", (-0.9, -1.3, 1.0), tuple(SLANT), (0, 0, 1), (0.3, 0.3), 5.0, (1.0, 0.95, 0.9)),
)
SKY = 0.12

BLENDER = """
import bpy, json, sys
import numpy as np
from mathutils import Matrix
scene_file, picture, samples = sys.argv[1], sys.argv[2], int(sys.argv[3])
told = json.load(open(scene_file))
bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene
def place(thing, name, matrix):
    item = bpy.data.objects.new(name, thing)
    item.matrix_world = Matrix(matrix)
    scene.collection.objects.link(item)
    return item
for name, part in told["parts"].items():
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(part["vertices"], [], part["faces"])
    for polygon in mesh.polygons:
        polygon.use_smooth = part["smooth"]
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    knobs = made.node_tree.nodes["Principled BSDF"].inputs
    m = part["material"]
    knobs["Base Color"].default_value = (*m["base_color"], 1)
    knobs["Roughness"].default_value, knobs["Metallic"].default_value = m["roughness"], m["metallic"]
    knobs["Specular IOR Level"].default_value = m["specular"]
    knobs["Coat Weight"].default_value, knobs["Coat Roughness"].default_value = m["clear_coat"], 0.1
    knobs["Emission Color"].default_value = (*m["emission"], 1)
    knobs["Emission Strength"].default_value = 1.0
    mesh.materials.append(made)
    place(mesh, name, part["transform"])
for number, l in enumerate(told["lights"]):
    lamp = bpy.data.lights.new(str(number), "AREA")
    lamp.shape = "DISK" if l["kind"] == "disk" else "RECTANGLE"
    lamp.energy, lamp.color, (lamp.size, lamp.size_y) = l["power"], l["color"], l["size"]
    z = -np.array(l["direction"], float)
    y = np.array(l["up"]) - z * (z @ l["up"])
    y = y / np.linalg.norm(y)
    matrix = np.eye(4)
    matrix[:3] = np.stack([np.cross(y, z), y, z, l["position"]], axis=1)
    place(lamp, "light" + str(number), matrix.tolist())
scene.world = bpy.data.worlds.new("sky")
scene.world.use_nodes = True
scene.world.node_tree.nodes["Background"].inputs[0].default_value = (told["sky"],) * 3 + (1,)
eye = bpy.data.cameras.new("eye")
eye.sensor_width, eye.lens = 36, told["focal"] / told["size"][0] * 36
scene.camera = place(eye, "eye", told["eye"])
scene.render.engine = "CYCLES"
scene.render.resolution_x, scene.render.resolution_y = told["size"]
scene.render.resolution_percentage = 100
cycles = scene.cycles
cycles.samples, cycles.use_denoising, cycles.use_adaptive_sampling = samples, False, False
cycles.max_bounces = cycles.diffuse_bounces = cycles.glossy_bounces = told["bounces"]
cycles.blur_glossy = cycles.sample_clamp_indirect = 0
cycles.pixel_filter_type = "BOX"
cycles.filter_width = 1.0
image = scene.render.image_settings
image.file_format, image.color_mode, image.color_depth, image.exr_codec = "OPEN_EXR", "RGB", "32", "ZIP"
scene.render.filepath = picture
bpy.ops.render.render(write_still=True)
"""


def solids():
    """Name, solid, material, position, turn about z, whether it is smooth."""
    box = trimesh.creation.box
    ball = lambda radius: trimesh.creation.icosphere(5, radius=radius)  # noqa: E731
    return [
        ("floor", box((1.2, 1.2, 0.02)), "white", (0, 0, -0.01), 0.0, False),
        ("red wall", box((0.02, 1.2, 0.8)), "red", (-0.61, 0, 0.4), 0.0, False),
        ("green wall", box((0.02, 1.2, 0.8)), "green", (0.61, 0, 0.4), 0.0, False),
        ("back wall", box((1.2, 0.02, 0.8)), "white", (0, 0.61, 0.4), 0.0, False),
        ("white box", box((0.2, 0.2, 0.3)), "white", (-0.3, 0.25, 0.15), 0.4, False),
        ("lacquered box", box((0.16, 0.16, 0.16)), "lacquer", (0.05, -0.12, 0.08), -0.5, False),
        ("steel ball", ball(0.12), "steel", (0.3, 0.2, 0.12), 0.0, True),
        ("brass ball", ball(0.09), "brass", (-0.2, -0.15, 0.09), 0.0, True),
        ("plastic ball", ball(0.08), "plastic", (0.32, -0.2, 0.08), 0.0, True),
        ("glowing ball", ball(0.03), "lamp", (-0.45, -0.3, 0.03), 0.0, True),
    ]


def make_scene():
    instances, parts = [], {}
    for number, (name, solid, material, position, turn, smooth) in enumerate(solids(), start=1):
        faces = np.asarray(solid.faces, np.int32)
        normals = solid.vertex_normals[faces] if smooth else np.repeat(solid.face_normals[:, None], 3, axis=1)
        slots = np.zeros(len(faces), np.int32)
        mesh = Mesh(solid.vertices.astype("f4"), faces, normals.astype("f4"), None, slots, ("",), name)
        pose = np.eye(4)
        pose[:2, :2] = (np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))
        pose[:3, 3] = position
        instances.append(Instance(mesh, pose, (list(MATERIALS).index(material),), number))
        look = {key: getattr(MATERIALS[material], key) for key in
                ("base_color", "roughness", "metallic", "specular", "clear_coat", "emission")}  # fmt: skip
        parts[name] = {
            "vertices": solid.vertices.tolist(), "faces": faces.tolist(), "smooth": smooth, "material": look,
            "transform": pose.tolist(),
        }  # fmt: skip
    sky = np.full((1, 2, 3), SKY, np.float32)
    return RenderScene(tuple(instances), tuple(MATERIALS.values()), lights=LIGHTS, environment=sky), parts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blender", required=True, help="interpreter that has bpy")
    parser.add_argument("--out", type=Path, default=Path("cycles"), help="path of the picture, without .png")
    parser.add_argument("--width", type=int, default=400)
    parser.add_argument("--samples", type=int, default=256, help="samples per pixel of both")
    parser.add_argument("--bounces", type=int, default=6)
    args = parser.parse_args()
    scene, parts = make_scene()
    size = args.width, args.width * 3 // 4
    camera = make_camera(look_at((0.05, -1.7, 0.75), (0, 0, 0.22)), width=size[0], height=size[1], fov=0.75)
    settings = RenderSettings(samples=args.samples, bounces=args.bounces, amodal=(), denoise=False)
    frame = WarpRenderer().render(scene, camera, settings)
    told = {
        "parts": parts, "sky": SKY, "size": size, "focal": camera.fx, "bounces": args.bounces,
        "eye": (camera.world_from_camera @ np.diag([1.0, -1.0, -1.0, 1.0])).tolist(),
        "lights": [vars(light) for light in LIGHTS],
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        file, picture = Path(folder, "scene.json"), Path(folder, "cycles.exr")
        file.write_text(json.dumps(told))
        command = [args.blender, "-c", BLENDER, str(file), str(picture), str(args.samples)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        cycles = read_exr(picture)
    ours = frame.linear
    apart = np.clip(0.5 + 1.5 * (ours - cycles) / 2, 0, 1)
    rows = [encode_tone(ours, curve="neutral"), encode_tone(cycles, curve="neutral"), (apart * 255).astype(np.uint8)]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(f"{args.out}.png", np.hstack(rows)[..., ::-1])
    print(f"mean light, ours over Cycles': {ours.mean(dtype=float) / cycles.mean(dtype=float):.4f}")
    for number, name in enumerate(parts, start=1):
        here = cv2.erode((frame.instances == number).astype(np.uint8), np.ones((3, 3))) > 0
        a, b = (picture[here].mean(axis=0, dtype=float) for picture in (ours, cycles))
        print(f"{name:14} ours {a.round(4)}  Cycles {b.round(4)}  ratio {(a / np.maximum(b, 1e-9)).round(3)}")


if __name__ == "__main__":
    main()
