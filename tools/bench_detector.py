"""The embedded detector on held-out training photos: what each choice of its settings was made on.

    python tools/bench_detector.py --data ../shared/data/dice --count 140 --steps 150
    python tools/bench_detector.py --data ../shared/data/dice --count 20 --model lite0:scale=1.5 --mosaic 0

Trains on some of the photos of the split `train` and judges on 40 others of it; the split `test` is never opened.
"""

import argparse
import time
from dataclasses import replace

import numpy as np

from simengine.evaluate.detection import evaluate_detections
from simengine.formats.detection import merge_classes, open_detection_set
from simengine.learn.augment import named_augmentation
from simengine.learn.detector import as_one_class, open_detector

HELD_OUT = 40


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--data", required=True)
    add("--count", type=int, default=140, help="training photos")
    add("--steps", type=int, default=150)
    add("--model", default="lite0")
    add("--augment", default="strong")
    add("--mosaic", type=float)
    add("--seed", type=int, default=0)
    args = parser.parse_args()
    data = open_detection_set(args.data, split="train")
    order = np.random.default_rng(123).permutation(len(data))
    held_out = data.subset(sorted(order[:HELD_OUT]))
    chosen = np.random.default_rng(args.seed).permutation(order[60:])[: args.count]
    how = named_augmentation(args.augment, symmetry="all")
    if args.mosaic is not None:
        how = replace(how, mosaic=args.mosaic)
    begin = time.process_time()
    trained = open_detector(args.model).train(
        [(data.subset(sorted(chosen)), 1.0)], steps=args.steps, seed=args.seed, augmentation=how
    )
    middle = time.process_time()
    found = [trained.predict([held_out.read(index)])[0] for index in range(len(held_out))]
    end = time.process_time()
    scores = evaluate_detections(held_out, found)
    one = evaluate_detections(merge_classes(held_out, "one"), [as_one_class(part) for part in found])
    print(
        f"{args.count} photos, {args.steps} steps, {args.model}: AP {scores['AP']:.3f}, AP50 {scores['AP50']:.3f}, "
        f"AP50 as one class {one['AP50']:.3f}; {(middle - begin) / args.steps:.2f} CPU-s a step, "
        f"{(end - middle) / len(held_out):.2f} a picture"
    )


if __name__ == "__main__":
    main()
