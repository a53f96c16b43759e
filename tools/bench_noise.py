"""Equal noise: how long our ray tracer, Cycles and Mitsuba 3 take to the same error, on one scene.

Run by `python tools/bench_render.py --equal-noise`. Twenty matt things on a sheet under an area light and an even
sky, with the same bounces. Each renderer is measured against a reference of its own, of many samples; times count
all cores, both as processor time and as time waited, without what is done once a scene (trees, scripts, kernels).
Where a noise filter is on, the error is still that to the unfiltered reference: its blur counts as error.
"""

import itertools
import multiprocessing
import os
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from simengine.render.camera import look_at, make_camera
from simengine.render.model import LightSource, RenderScene, RenderSettings, SurfaceMaterial
from simengine.render.tone import encode_tone

__all__ = ["equal_noise"]

BOUNCES = 4
LAMP = {"position": (0.5, 0.3, 1.0), "size": (0.4, 0.4), "power": 12.0}
SKY = 0.25


def faceted(mesh):
    """The mesh with the normals of its faces: renderers treat smoothed ones each in their way."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]].astype(float) for k in range(3))
    normals = np.cross(b - a, c - a)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return replace(mesh, normals=np.repeat(normals[:, None], 3, axis=1).astype(np.float32), key=f"{mesh.key}, faceted")


def matt_scene(make_scene, size):
    """The light scene of the other tables, matt, under a lamp and a sky."""
    scene, _, triangles = make_scene(False)
    instances = tuple(replace(instance, mesh=faceted(instance.mesh)) for instance in scene.instances)
    direction = -np.array(LAMP["position"]) / np.linalg.norm(LAMP["position"])
    lamp = LightSource(
        "area", LAMP["position"], tuple(direction), (0.0, 0.0, 1.0), LAMP["size"], LAMP["power"], (1.0, 1.0, 1.0)
    )
    materials = tuple(SurfaceMaterial(m.base_color, roughness=1.0, specular=0.0) for m in scene.materials)
    sky = np.full((1, 2, 3), SKY, np.float32)
    camera = make_camera(look_at((0.6, -0.6, 0.5), (0, 0, 0)), width=size[0], height=size[1], fov=0.95)
    return RenderScene(instances, materials, lights=(lamp,), environment=sky), camera, triangles


def ours(scene, camera):
    from simengine.render.warp_renderer import WarpRenderer

    renderer = WarpRenderer(threads=os.cpu_count())

    def draw(samples, seed, **options):
        settings = RenderSettings(samples=samples, bounces=BOUNCES, seed=seed, amodal=(), denoise=False)
        return renderer.render(scene, camera, replace(settings, **options)).linear

    found = {"simengine": draw, "simengine, its own filter": lambda n, s: draw(n, s, denoise=True)}
    try:
        import pyoidn  # noqa: F401
    except ImportError:
        return found
    return found | {"simengine, Open Image Denoise": lambda n, s: draw(n, s, oidn=True)}


def mitsuba(scene, camera, variant):
    import mitsuba as mi

    mi.set_variant(variant)
    mi.set_log_level(mi.LogLevel.Error)  # its sampler rounds sample counts to products of two numbers, and says so
    transform = mi.ScalarTransform4f
    folder = Path(tempfile.mkdtemp())
    lamp = scene.lights[0]
    down = np.array(lamp.direction)
    radiance = lamp.power / (np.pi * lamp.size[0] * lamp.size[1])
    eye = camera.world_from_camera
    parts = {
        "type": "scene",
        "integrator": {"type": "path", "max_depth": BOUNCES + 2, "rr_depth": 1000},
        "sensor": {
            "type": "perspective",
            "fov": float(np.degrees(2 * np.arctan(camera.width / 2 / camera.fx))),
            "to_world": transform().look_at(
                origin=eye[:3, 3].tolist(), target=(eye[:3, 3] + eye[:3, 2]).tolist(), up=[0, 0, 1]
            ),
            "film": {"type": "hdrfilm", "width": camera.width, "height": camera.height, "rfilter": {"type": "box"}},
            "sampler": {"type": "multijitter"},
        },
        "sky": {"type": "constant", "radiance": {"type": "rgb", "value": [SKY] * 3}},
        "lamp": {
            "type": "rectangle",
            "to_world": transform().look_at(
                origin=list(lamp.position), target=(np.array(lamp.position) + down).tolist(), up=[0, 0, 1]
            )
            @ transform().scale([lamp.size[0] / 2, lamp.size[1] / 2, 1]),
            "emitter": {"type": "area", "radiance": {"type": "rgb", "value": [radiance] * 3}},
        },
    }
    import trimesh

    for k, instance in enumerate(scene.instances):
        mesh = trimesh.Trimesh(instance.mesh.vertices, instance.mesh.faces, process=False)
        mesh.apply_transform(instance.transform)
        mesh.export(folder / f"{k}.ply", vertex_normal=False)
        color = scene.materials[instance.materials[0]].base_color
        parts[f"thing{k}"] = {
            "type": "ply",
            "filename": str(folder / f"{k}.ply"),
            "face_normals": True,
            "bsdf": {"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": {"type": "rgb", "value": color}}},
        }
    world = mi.load_dict(parts)

    def draw(samples, seed):
        picture = np.zeros((camera.height, camera.width, 3))
        done = 0
        while done < samples:  # LLVM holds all samples of a launch in memory
            count = min(64, samples - done)
            picture += count * np.asarray(mi.render(world, spp=count, seed=1000 * seed + done))[..., :3]
            done += count
        return (picture / samples).astype(np.float32)

    return {f"Mitsuba 3 ({variant})": draw}


def cycles(scene, camera):
    import bpy
    from mathutils import Matrix

    bpy.ops.wm.read_factory_settings(use_empty=True)
    world = bpy.context.scene
    for k, instance in enumerate(scene.instances):
        source = instance.mesh
        mesh = bpy.data.meshes.new(str(k))
        mesh.from_pydata(source.vertices.tolist(), [], source.faces.tolist())
        material = bpy.data.materials.new(str(k))
        material.use_nodes = True
        nodes, links = material.node_tree.nodes, material.node_tree.links
        nodes.clear()
        matt, end = nodes.new("ShaderNodeBsdfDiffuse"), nodes.new("ShaderNodeOutputMaterial")
        matt.inputs["Color"].default_value = (*scene.materials[instance.materials[0]].base_color, 1.0)
        links.new(matt.outputs[0], end.inputs[0])
        mesh.materials.append(material)
        thing = bpy.data.objects.new(str(k), mesh)
        thing.matrix_world = Matrix(instance.transform.tolist())
        world.collection.objects.link(thing)
    source = scene.lights[0]
    light = bpy.data.lights.new("lamp", "AREA")
    light.shape, light.size, light.size_y, light.energy = "RECTANGLE", *source.size, source.power
    lamp = bpy.data.objects.new("lamp", light)
    lamp.matrix_world = Matrix((look_at(source.position, (0, 0, 0)) @ np.diag([1.0, -1.0, -1.0, 1.0])).tolist())
    world.collection.objects.link(lamp)
    world.world = bpy.data.worlds.new("sky")
    world.world.use_nodes = True
    world.world.node_tree.nodes["Background"].inputs[0].default_value = (SKY, SKY, SKY, 1.0)
    lens = bpy.data.cameras.new("camera")
    lens.sensor_fit, lens.angle = "HORIZONTAL", 2 * np.arctan(camera.width / 2 / camera.fx)
    eye = bpy.data.objects.new("camera", lens)
    eye.matrix_world = Matrix((camera.world_from_camera @ np.diag([1.0, -1.0, -1.0, 1.0])).tolist())
    world.collection.objects.link(eye)
    world.camera = eye
    render, engine = world.render, world.cycles
    render.engine, render.use_persistent_data = "CYCLES", True
    render.resolution_x, render.resolution_y, render.resolution_percentage = camera.width, camera.height, 100
    render.image_settings.file_format, render.image_settings.color_depth = "OPEN_EXR", "32"
    engine.device, engine.use_adaptive_sampling, engine.pixel_filter_type = "CPU", False, "BOX"
    engine.filter_width = 1.0
    engine.max_bounces = engine.diffuse_bounces = engine.glossy_bounces = BOUNCES
    file = Path(tempfile.mkdtemp()) / "picture.exr"

    def draw(samples, seed, denoise=False):
        engine.samples, engine.seed, engine.use_denoising = samples, seed, denoise
        render.filepath = str(file)
        bpy.ops.render.render(write_still=True)
        found = bpy.data.images.load(str(file))
        values = np.empty(camera.width * camera.height * 4, np.float32)
        found.pixels.foreach_get(values)
        bpy.data.images.remove(found)
        return values.reshape(camera.height, camera.width, 4)[::-1, :, :3].copy()

    return {"Cycles": draw, "Cycles, Open Image Denoise": lambda n, s: draw(n, s, denoise=True)}


def error(picture, reference):
    """Root mean square difference of linear light, up to white."""
    return float(np.sqrt(np.mean((np.clip(picture, 0, 1) - np.clip(reference, 0, 1)) ** 2)))


def curve(draw, reference, counts, repeats):
    """Processor and waiting time and error by samples; medians of repeats."""
    rows = []
    draw(counts[0], 1)  # to warm up
    for samples in counts:
        wall, cpu, errors = [], [], []
        for repeat in range(repeats):
            start, busy = time.perf_counter(), time.process_time()
            picture = draw(samples, repeat + 1)
            cpu.append(time.process_time() - busy)
            wall.append(time.perf_counter() - start)
            errors.append(error(picture, reference))
        rows.append((samples, statistics.median(cpu), statistics.median(wall), statistics.median(errors)))
    return rows


def time_to(rows, wanted):
    """Samples, processor time and time waited to an error, between the counts that were drawn; None if beyond them."""
    for (n0, c0, w0, e0), (n1, c1, w1, e1) in itertools.pairwise(rows):
        if e0 >= wanted >= e1:
            part = np.log(e0 / wanted) / np.log(e0 / e1) if e0 > e1 else 0.0
            return n0 * (n1 / n0) ** part, c0 + (c1 - c0) * part, w0 + (w1 - w0) * part
    if rows[0][3] <= wanted:
        return rows[0][:3]
    return None


FAMILIES = {
    "ours": ours,
    "Cycles": cycles,
    "Mitsuba llvm_ad_rgb": lambda scene, camera: mitsuba(scene, camera, "llvm_ad_rgb"),
    "Mitsuba scalar_rgb": lambda scene, camera: mitsuba(scene, camera, "scalar_rgb"),
}


def family(name, size, samples, reference_samples, repeats):
    """Curves of one renderer, with and without its filters, and its reference; in a process of its own."""
    import bench_render

    scene, camera, _ = matt_scene(bench_render.make_scene, size)
    counts = [2**k for k in range(10) if 2**k <= 8 * samples]
    rows, reference = {}, None
    for renderer, draw in FAMILIES[name](scene, camera).items():
        filtered = reference is not None
        if not filtered:  # the first is the unfiltered one
            reference = draw(reference_samples, 999)
        rows[renderer] = curve(draw, reference, [n for n in counts if n <= samples or not filtered], repeats)
    return rows, reference


def equal_noise(make_scene, *, size, samples, reference_samples, repeats, pictures=None):
    """Measures all renderers that are installed.

    Args:
        make_scene: Makes the scene of the other tables.
        size: Width and height.
        samples: Our samples a pixel, unfiltered, whose error all are timed to.
        reference_samples: Samples of each one's reference.
        repeats: Repeats of each measurement.
        pictures: A folder for the references side by side; None for none.
    """
    _, _, triangles = matt_scene(make_scene, size)
    left_out, rows, references = {}, {}, {}
    for name in FAMILIES:
        context = multiprocessing.get_context("spawn")  # LLVM ends a process that it can't serve
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            try:
                found, reference = pool.submit(family, name, size, samples, reference_samples, repeats).result()
            except (ImportError, RuntimeError, BrokenProcessPool) as problem:
                left_out[name] = str(problem).splitlines()[0][:120]
                continue
        rows |= found
        references[next(iter(found))] = reference
        for renderer, values in found.items():
            print(renderer, [(n, round(w, 3), round(e, 5)) for n, _, w, e in values], flush=True)
    wanted = next(e for n, _, _, e in rows["simengine"] if n == samples)
    table = [{"renderer": name, "curve": values, "to_wanted": time_to(values, wanted)} for name, values in rows.items()]
    first = references["simengine"]
    differences = {name: error(other, first) for name, other in references.items() if name != "simengine"}
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
        side = np.hstack([encode_tone(each, curve="neutral") for each in references.values()])
        cv2.imwrite(str(pictures / "side_by_side.png"), side[..., ::-1])
    return {
        "size": list(size),
        "triangles": triangles,
        "samples": samples,
        "reference_samples": reference_samples,
        "repeats": repeats,
        "wanted": wanted,
        "rows": table,
        "left_out": left_out,
        "mean_light": {name: [float(v) for v in each.mean(axis=(0, 1))] for name, each in references.items()},
        "references_differ": differences,
    }


def markdown(result):
    """The result as a section of the note."""
    base = next(row["to_wanted"] for row in result["rows"] if row["renderer"] == "simengine")
    lines = [
        "# Time to equal noise",
        "",
        f"`{result['command']}` on {result['device']}, {os.cpu_count()} cores, {result['size'][0]} x {result['size'][1]} pixels, "
        f"{result['triangles']:,} triangles, {BOUNCES} bounces.",
        "",
        "Matt things under an area light and an even sky. The error is the root mean square difference of linear light",
        f"(0 to 1) to each renderer's own unfiltered reference of {result['reference_samples']} samples. All are timed to "
        f"{result['wanted']:.5f},",
        f"the error of our {result['samples']} samples without any filter; medians of {result['repeats']}. With a filter the error holds",
        "its bias, too. Times leave out what is done once a scene.",
        "",
        "| renderer | samples | CPU s | wall s | CPU: it / ours | wall: it / ours |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in result["rows"]:
        if row["to_wanted"] is None:
            lines.append(f"| {row['renderer']} | error {row['curve'][-1][3]:.5f} at {row['curve'][-1][0]} | | | | |")
            continue
        n, cpu, wall = row["to_wanted"]
        lines.append(
            f"| {row['renderer']} | {n:.1f} | {cpu:.3f} | {wall:.3f} | {cpu / base[1]:.2f} | {wall / base[2]:.2f} |"
        )
    lines += (
        ["", "Left out: " + "; ".join(f"{k} ({v})" for k, v in result["left_out"].items()) + "."]
        if result["left_out"]
        else []
    )
    lines += (
        [
            "",
            "The references themselves differ from ours by "
            + ", ".join(f"{value:.4f} ({name})" for name, value in result["references_differ"].items())
            + ".",
        ]
        if result["references_differ"]
        else []
    )
    return "\n".join(lines) + "\n"
