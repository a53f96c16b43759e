"""Draws the README's gallery: a row of pictures for each shipped scene, one small JPEG.

usage: python tools/make_gallery.py [--out scenes/gallery.jpg] [--samples 3] [--seed 11]
"""

import argparse
import os
from pathlib import Path

import cv2
import numpy as np

import simengine
from simengine.errors import Rejected
from simengine.labels.annotate import annotate
from simengine.labels.overlay import depth_picture, draw_labels, resize_picture
from simengine.render.select import make_renderer
from simengine.scene.catalogue import scene_names

TILE = (240, 180)


def pictures(name, count, seed, renderer):
    spec = simengine.load_scene(name, overrides=["render.preset=standard", "timeline.frames=1"])
    index = found = 0
    while found < count:
        try:
            scene = spec.sample(seed, index)
            trajectory = simengine.simulate(scene)
            view = next(simengine.observe(scene, trajectory, renderer=renderer))
        except Rejected:
            continue
        finally:
            index += 1
        found += 1
        yield view.frame_data, annotate(scene, trajectory, view), spec.model.labels.classes


def tile(picture):
    scale = max(TILE[0] / picture.shape[1], TILE[1] / picture.shape[0])
    picture = resize_picture(picture, scale)
    top, left = (picture.shape[0] - TILE[1]) // 2, (picture.shape[1] - TILE[0]) // 2
    return picture[top : top + TILE[1], left : left + TILE[0]]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("scenes/gallery.jpg"))
    parser.add_argument("--samples", type=int, default=3)
    parser.add_argument("--seed", type=int, default=11)
    args = parser.parse_args()
    renderer = make_renderer("warp", threads=os.cpu_count() or 1)
    rows = []
    for name in scene_names():
        if not simengine.load_scene(name).model.pictured:
            continue
        made = list(pictures(name, args.samples, args.seed, renderer))
        frame, record, classes = made[-1]
        tiles = [frame.rgb for frame, _, _ in made]
        tiles += [draw_labels(frame.rgb, record.objects, classes=classes), depth_picture(frame.depth, scale_bar=False)]
        rows.append(np.hstack([tile(picture) for picture in tiles]))
    cv2.imwrite(str(args.out), np.vstack(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    print(args.out)


if __name__ == "__main__":
    main()
