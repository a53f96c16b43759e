"""Times a frame of our ray tracer beside other renderers on the same meshes, camera and light.

Renderers that aren't installed are left out. What is measured is processor time, each renderer on one thread,
in interleaved repeats, so that other load on the machine matters little; what counts are the ratios of medians.

    python tools/bench_render.py --out benchmarks
    python tools/bench_render.py --equal-noise --out benchmarks     # time to the same error: Cycles, Mitsuba 3
    python tools/bench_render.py --device cuda --out benchmarks     # frames a second, agreement with the CPU
"""

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import trimesh

from simengine.assets.mesh import Mesh
from simengine.render.camera import look_at, make_camera
from simengine.render.model import Instance, LightSource, RenderScene, RenderSettings, SurfaceMaterial
from simengine.render.presets import preset

SIZE = (640, 480)
SUN = np.array([0.35, 0.5, -0.79])


def mesh_of(solid, name):
    faces = np.asarray(solid.faces, np.int32)
    normals = np.ascontiguousarray(solid.vertex_normals[faces], np.float32)
    slots = np.zeros(len(faces), np.int32)
    return Mesh(np.asarray(solid.vertices, np.float32), faces, normals, None, slots, ("",), name)


def make_scene(heavy):
    """Twenty things of five kinds on a sheet, of about 6,000 or, if heavy, 500,000 triangles in all."""
    rng = np.random.default_rng(0)
    make = trimesh.creation
    box, tube = make.box((0.08, 0.08, 0.08)), make.cylinder(0.035, 0.08, sections=48)
    if heavy:
        tube = tube.subdivide().subdivide().subdivide()
        for _ in range(5):
            box = box.subdivide()
    else:
        box = box.subdivide()
    kinds = [
        make.icosphere(5 if heavy else 2, radius=0.05),
        make.torus(0.045, 0.015, *((208, 102) if heavy else (24, 12))),
        make.capsule(0.05, 0.025, count=(140, 140) if heavy else (12, 12)),
        tube,
        box,
    ]
    meshes = [mesh_of(kind, f"{heavy}-{k}") for k, kind in enumerate(kinds)]
    floor = trimesh.creation.box((2, 2, 0.02)).apply_translation((0, 0, -0.01))
    instances = [Instance(mesh_of(floor, "floor"), np.eye(4), (0,), 1)]
    materials = [SurfaceMaterial((0.5, 0.5, 0.5))]
    for k in range(20):
        mesh, pose = meshes[k % 5], np.eye(4)
        c, s = np.cos(k), np.sin(k)
        pose[:2, :2] = (c, -s), (s, c)
        pose[:3, 3] = (k % 5 - 2) * 0.13, (k // 5 - 1.5) * 0.13, -mesh.vertices[:, 2].min()
        instances.append(Instance(mesh, pose, (k + 1,), k + 2))
        materials.append(SurfaceMaterial(tuple(rng.uniform(0.1, 0.8, 3))))
    sun = LightSource("sun", (0, 0, 0), tuple(SUN), (0, 0, 1), (0.0093, 0.0), 3.0, (1, 1, 1))
    scene = RenderScene(tuple(instances), tuple(materials), lights=(sun,), environment=np.full((1, 2, 3), 0.3, "f4"))
    triangles = sum(len(instance.mesh.faces) for instance in instances)
    camera = make_camera(look_at((0.6, -0.6, 0.5), (0, 0, 0)), width=SIZE[0], height=SIZE[1], fov=0.95)
    return scene, camera, triangles


def ours(scene, camera):
    from simengine.render.warp_renderer import WarpRenderer

    one, all_cores = WarpRenderer(threads=1), WarpRenderer(threads=os.cpu_count())
    draft = preset("draft")
    runs = {
        "simengine draft, all labels": lambda: one.render(scene, camera, draft),
        f"simengine draft, all labels, {os.cpu_count()} threads": lambda: all_cores.render(scene, camera, draft),
        "simengine draft, all labels, no sky": lambda: one.render(replace(scene, environment=None), camera, draft),
        "simengine draft, no outlines": lambda: one.render(scene, camera, replace(draft, amodal=())),
        "simengine labels only": lambda: one.render(scene, camera, RenderSettings(color=False)),
    }
    return runs, one.render(scene, camera, draft).instances


def tiny(scene, camera):
    import pybullet as bullet

    from simengine.render import bullet_renderer as adapter

    renderer = adapter.BulletRenderer()
    bodies = renderer._place(scene)
    near, far = adapter._depth_range(scene, camera)
    view = adapter._view(camera)
    projection = adapter._projection(camera, near, far, shift=-0.5)

    def shoot():
        return bullet.getCameraImage(
            *SIZE, viewMatrix=view, projectionMatrix=projection, lightDirection=(-SUN).tolist(), shadow=1,
            renderer=bullet.ER_TINY_RENDERER, physicsClientId=renderer._client,
        )  # fmt: skip

    numbers = np.zeros(max(bodies) + 2, int)
    numbers[np.array(bodies)] = [instance.id for instance in scene.instances]
    ids = numbers[np.asarray(shoot()[4]).reshape(SIZE[::-1])]
    return {"TinyRenderer, shadows": shoot}, ids


def newton(scene, camera):
    import newton as nt
    import warp as wp
    from newton.sensors import SensorTiledCamera  # Newton 1.8 has a newer name for it with the same kernels
    from scipy.spatial.transform import Rotation

    def transform(matrix):
        return wp.transform(wp.vec3(*matrix[:3, 3]), wp.quat(*Rotation.from_matrix(matrix[:3, :3]).as_quat()))

    with wp.ScopedDevice("cpu"):
        builder = nt.ModelBuilder()
        meshes = {}
        for instance in scene.instances:
            m = instance.mesh
            if m.key not in meshes:
                meshes[m.key] = nt.Mesh(m.vertices, m.faces.ravel(), compute_inertia=False)
            builder.add_shape_mesh(
                body=-1, xform=transform(instance.transform), mesh=meshes[m.key],
                color=scene.materials[instance.materials[0]].base_color,
            )  # fmt: skip
        model = builder.finalize()
        state = model.state()
        sensor = SensorTiledCamera(model=model)
        sensor.default_render_config.enable_shadows = True
        sensor.utils.create_default_light(enable_shadows=True, direction=wp.vec3(*SUN))
        fov = 2 * np.arctan(SIZE[1] / 2 / camera.fy)
        rays = sensor.utils.compute_camera_rays_pinhole(*SIZE, camera_fovs=float(fov))
        color = sensor.utils.create_color_image_output(*SIZE, 1)
        depth = sensor.utils.create_depth_image_output(*SIZE, 1)
        shape = sensor.utils.create_shape_index_image_output(*SIZE, 1)
        eye = camera.world_from_camera @ np.diag([1.0, -1.0, -1.0, 1.0])
        poses = wp.array([[transform(eye)]], dtype=wp.transformf)

    def update():
        with wp.ScopedDevice("cpu"):
            model.bvh_refit_shapes(state)
            sensor.update(state, poses, rays, color_image=color, depth_image=depth, shape_index_image=shape)

    update()
    index = shape.numpy().reshape(SIZE[::-1]).astype(np.int64)
    ids = np.where(index < len(scene.instances), index + 1, 0)
    return {"Newton camera sensor, shadows": update}, ids


def embree(scene, camera):
    import open3d as o3d

    world = o3d.t.geometry.RaycastingScene(nthreads=1)
    for instance in scene.instances:
        points = instance.mesh.vertices @ instance.transform[:3, :3].T + instance.transform[:3, 3]
        world.add_triangles(points.astype(np.float32), instance.mesh.faces.astype(np.uint32))
    matrix = np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1.0]])
    rays = world.create_rays_pinhole(matrix, np.linalg.inv(camera.world_from_camera), *SIZE)
    ids = world.cast_rays(rays, nthreads=1)["geometry_ids"].numpy().astype(np.int64)
    ids = np.where(ids < len(scene.instances), ids + 1, 0)
    return {"Embree (Open3D), first hits only": lambda: world.cast_rays(rays, nthreads=1)}, ids


def measure(heavy, repeats):
    scene, camera, triangles = make_scene(heavy)
    runs, truth, agreement = {}, None, {}
    for make in (ours, tiny, newton, embree):
        try:
            found, ids = make(scene, camera)
        except ImportError as error:
            print(f"left out: {make.__name__} ({error})", file=sys.stderr)
            continue
        truth = ids if truth is None else truth
        agreement |= {name: float((ids == truth).mean()) for name in found}
        runs |= found
    for run in runs.values():  # once to warm up
        run()
    times, walls = {name: [] for name in runs}, {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            wall, start = time.perf_counter(), time.process_time()
            run()
            times[name].append(time.process_time() - start)
            walls[name].append(time.perf_counter() - wall)
    medians = {name: statistics.median(values) for name, values in times.items()}
    waited = {name: statistics.median(values) for name, values in walls.items()}
    reference = medians["simengine draft, all labels"]
    fastest = waited[f"simengine draft, all labels, {os.cpu_count()} threads"]
    rows = [
        {
            "renderer": name,
            "median_seconds": round(seconds, 4),
            "ours_over_it": round(reference / seconds, 3),
            "wall_seconds": round(waited[name], 4),
            "ours_on_all_cores_over_it": round(fastest / waited[name], 3),
            "same_ids": round(agreement[name], 5),
        }
        for name, seconds in medians.items()
    ]
    return {"triangles": triangles, "objects": 20, "repeats": repeats, "rows": rows}


def first_frame():
    """Seconds from the start of a new process to its first frame, kernels compiled before."""
    code = (
        "import sys; sys.path.insert(0, 'tools'); import bench_render as b;"
        "from simengine.render.warp_renderer import WarpRenderer;"
        "s, c, _ = b.make_scene(False); WarpRenderer().render(s, c, b.preset('draft'))"
    )
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def versions():
    found = {"python": platform.python_version()}
    for package in ("warp-lang", "pybullet", "newton", "open3d", "numpy"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def markdown(result):
    lines = [
        "# A frame of the ray tracer beside others",
        "",
        f"`{result['command']}` on {result['device']}, {SIZE[0]} x {SIZE[1]} pixels: medians of interleaved repeats.",
        "Versions: " + ", ".join(f"{k} {v}" for k, v in result["versions"].items()) + ".",
        "",
        "All renderers draw the same meshes from the same camera with one directional light and its shadows.",
        "`simengine draft` adds a sky with its occlusion, a noise filter, normals, coordinates, links and the",
        "whole outline of every object; without sky it has the others' light. CPU seconds compare work on one core; wall",
        "seconds are what a user waits for, ours with all cores (the others draw a picture on one). `same ids` is the share of pixels whose id equals ours.",
        f"First frame of a new process, kernels compiled before: {result['first_frame_seconds']:.2f} s.",
    ]
    for case in result["cases"]:
        labels = {row["renderer"]: row["median_seconds"] for row in case["rows"]}
        lines += [
            "",
            f"## {case['triangles']:,} triangles, {case['objects']} objects",
            "",
            "| renderer | CPU s | ours / it | wall s | ours on all cores / it | same ids |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
            *(
                f"| {r['renderer']} | {r['median_seconds']:.3f} | {r['ours_over_it']:.2f} | {r['wall_seconds']:.3f} "
                f"| {r['ours_on_all_cores_over_it']:.2f} | {r['same_ids']:.4f} |"
                for r in case["rows"]
            ),
            "",
            f"Outlines take {1 - labels['simengine draft, no outlines'] / labels['simengine draft, all labels']:.1%} "
            "of a draft frame.",
        ]
    return "\n".join(lines) + "\n"


def write(out, name, result, text):
    print(text)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
        (out / f"{name}.md").write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="folder for the note and its JSON; printed otherwise")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--equal-noise", action="store_true", help="time to the same error")
    parser.add_argument("--device", help="frames a second on a device: cuda, cuda:K, cpu")
    parser.add_argument("--size", type=int, nargs=2, default=SIZE, help="pixels of --equal-noise")
    parser.add_argument("--samples", type=int, default=16, help="whose error all are timed to with --equal-noise")
    parser.add_argument("--reference", type=int, default=2048, help="samples of each reference of --equal-noise")
    parser.add_argument("--frames", type=int, default=256, help="pictures of --device")
    parser.add_argument("--pictures", type=Path, help="folder for the pictures of --equal-noise")
    args = parser.parse_args()
    about = {
        "command": " ".join(["python tools/bench_render.py", *sys.argv[1:]]),
        "device": processor(),
        "versions": versions(),
    }
    if args.equal_noise:
        import bench_noise

        found = bench_noise.equal_noise(
            make_scene, size=tuple(args.size), samples=args.samples, reference_samples=args.reference,
            repeats=args.repeats, pictures=args.pictures,
        )  # fmt: skip
        write(args.out, "render_noise", about | found, bench_noise.markdown(about | found))
        return
    if args.device:
        import bench_device

        found = about | bench_device.frame_rates(args.device, count=args.frames)
        write(args.out, "render_device", found, bench_device.markdown(found))
        return
    result = about | {
        "first_frame_seconds": round(first_frame(), 2),
        "cases": [measure(heavy, args.repeats) for heavy in (False, True)],
    }
    write(args.out, "render", result, markdown(result))


if __name__ == "__main__":
    main()
