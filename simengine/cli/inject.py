"""Inject simulated faults into real recordings of healthy machines, every one labelled."""

from __future__ import annotations

import argparse
from pathlib import Path

from simengine.cli.options import add_recording_arguments, add_scene_arguments, load_spec, open_recordings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument(
        "healthy", metavar="HEALTHY", help="file or folder of recordings (.mat, .npz, .csv, .wav, .h5, .parquet)"
    )
    add_recording_arguments(parser)
    add_scene_arguments(parser, flag="--machine")
    parser.add_argument("--name", metavar="NAME", help="machine of the scene, where it has several")
    parser.add_argument(
        "--snr", metavar=("LOW", "HIGH"), type=float, nargs=2,
        help="level of the faults over the recording, dB (default: the scene's `snr`)",
    )  # fmt: skip
    parser.add_argument("--seconds", metavar="S", type=float, help="cut the recordings into stretches first")
    parser.add_argument("--resample", metavar="HZ", type=float, help="bring the recordings to this rate first")
    parser.add_argument("--count", metavar="N", type=int, default=100, help="number of samples (default: 100)")
    parser.add_argument("--seed", metavar="S", type=int, default=0, help="seed, any integer from 0 (default: 0)")
    parser.add_argument(
        "--format", choices=("parquet", "hdf5", "mat", "csv", "wav"), default="parquet",
        help="parquet opens in bearing-datasets too (default)",
    )  # fmt: skip
    parser.add_argument("--out", metavar="PATH", type=Path, required=True, help="new folder, or file for hdf5")


def run(args: argparse.Namespace) -> int:
    """Writes the set and says what it holds."""
    from simengine.engine.inject import inject_faults, injected_set
    from simengine.formats.signal import SignalSet
    from simengine.formats.signal_windows import resample

    spec = load_spec(args)
    healthy = open_recordings(args, args.healthy)
    if args.resample is not None:
        slow = tuple(resample(record, args.resample) for record in healthy)
        healthy = SignalSet(healthy.name, slow, healthy.warnings)
    data = injected_set(
        healthy,
        spec,
        count=args.count,
        seed=args.seed,
        machine=args.name,
        snr=None if args.snr is None else (args.snr[0], args.snr[1]),
        seconds=args.seconds,
    )
    counts = inject_faults(data, args.out, form=args.format)
    print(f"{args.out}: {sum(counts.values())} records on {len(healthy)} healthy ones.")
    print("By fault: " + ", ".join(f"{name} {number}" for name, number in counts.most_common()) + ".")
    return 0
