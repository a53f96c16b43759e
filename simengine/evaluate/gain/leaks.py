"""Checks before any number: what would make a gain look better or worse than it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from simengine.errors import SimengineError
from simengine.evaluate.gain.results import Leak

__all__ = ["CHECKS", "check_duplicates", "check_groups", "check_labels", "likeness", "make_leak", "settle_leaks"]

CHECKS = {
    "near-duplicates": "The same picture or window is trained on and tested on, so the test is not of new data.",
    "group-overlap": "Items of one recording, scene or bearing are on both sides of the split, and neighbours in time "
    "are nearly copies: random splits of windows give scores near 1 that mean nothing.",
    "label-names": "The sets name their classes differently, so some labels can never be learnt or found.",
    "class-order": "The sets list their classes in different orders, so one of the lists may be wrong.",
    "boxes": "Labels are damaged.",
    "empty-classes": "A class has no label in a set, so it can't be learnt or tested there.",
}
"""The checks by name, and why each matters."""

_REMEDIES = {
    "near-duplicates": "Take the copies out of the training sets",
    "group-overlap": "Split by recording, scene or bearing",
    "label-names": "Rename the classes so that the names are equal",
    "class-order": "Correct the list of classes",
    "boxes": "Correct the labels",
    "empty-classes": "Add items of the class or drop it everywhere",
}
_SHOWN = 8
_ALIKE = 0.7


def make_leak(name: str, found: Sequence[str], *, looked: str) -> Leak:
    """The outcome of a check.

    Args:
        name: One of `CHECKS`.
        found: What was found, one sentence each; nothing if all is well.
        looked: What was compared with what, as a sentence.
    """
    message = looked if not found else f"{looked} {len(found)} found. {CHECKS[name]}"
    return Leak(name, not found, False, message, list(found))


def settle_leaks(leaks: Sequence[Leak], *, allow: Sequence[str]) -> list[Leak]:
    """Lets pass what the user allowed and refuses the rest.

    Args:
        leaks: Outcomes of the checks.
        allow: Names of checks that may fail.

    Returns:
        The outcomes, marked as allowed where that was needed.

    Raises:
        SimengineError: A check failed that is not allowed, or a name is no check.
    """
    unknown = sorted(set(allow) - set(CHECKS))
    if unknown:
        raise SimengineError(f"--allow {unknown[0]}: there is no such check. The checks are {', '.join(CHECKS)}.")
    settled = [replace(leak, allowed=not leak.passed and leak.name in allow) for leak in leaks]
    failed = [leak for leak in settled if not leak.passed and not leak.allowed]
    if failed:
        raise SimengineError("nothing was trained, because checks failed:\n" + "\n".join(map(_words, failed)))
    return settled


def check_groups(train: Mapping[str, Sequence[str]], test: Mapping[str, Sequence[str]], *, word: str) -> Leak:
    """Whether a group (recording, scene, bearing) is on both sides of a split.

    Args:
        train: Groups of the items of each training set, by its name.
        test: Groups of the items of each test set.
        word: What a group is called.
    """
    found = []
    for train_name, train_groups in train.items():
        for test_name, test_groups in test.items():
            both = sorted(set(train_groups) & set(test_groups))
            found += [f"the {word} {group} is in {train_name} and in {test_name}." for group in both]
    return make_leak("group-overlap", found, looked=f"Looked for a {word} on both sides of a split.")


Hashed = Sequence[tuple[str, int, Callable[[], np.ndarray]]]
"""Name and perceptual hash of pictures, and a way to read each."""


def check_duplicates(train: Mapping[str, Hashed], test: Mapping[str, Hashed], *, within: int = 4) -> Leak:
    """Whether a test picture is a near-duplicate of a training picture.

    Candidates are found by perceptual hash, which sees the coarse layout alone: photos of one table with other things
    on it can be candidates. So each is confirmed by its details (`likeness` of at least 0.7).

    Args:
        train: Pictures of each training set, by its name.
        test: Pictures of each test set.
        within: Largest distance of a candidate, bits of 64.
    """
    from simengine.evaluate.metrics.duplicates import hash_distances

    found = []
    for test_name, tested in test.items():
        for train_name, trained in train.items():
            if not tested or not trained:
                continue
            near = np.argwhere(hash_distances([h for _, h, _ in tested], [h for _, h, _ in trained]) <= within)
            found += [
                f"{test_name}: {tested[i][0]} is nearly the same picture as {trained[j][0]} in {train_name}."
                for i, j in near
                if likeness(tested[i][2](), trained[j][2]()) >= _ALIKE
            ]
    return make_leak(
        "near-duplicates",
        found,
        looked="Compared every test picture with every training picture by perceptual hash "
        f"(within {within} of 64 bits) and the candidates by their details (correlation from {_ALIKE}).",
    )


def likeness(first: np.ndarray, second: np.ndarray) -> float:
    """Correlation of the details of two pictures, over small shifts.

    Both are taken to 96 x 96 grey pixels without what is smoother than 8 of them; the middle of the first is sought in
    the second. About 1 for copies that were recompressed, resized, brightened or cropped a little; photos of one
    table with other things on it have less.

    Args:
        first: sRGB, uint8, shape (H, W, 3).
        second: Likewise, of any size.
    """
    import cv2

    margin = 6
    details = []
    for picture in (first, second):
        grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY).astype(np.float32)
        small = cv2.resize(grey, (96, 96), interpolation=cv2.INTER_AREA)
        details.append(cv2.GaussianBlur(small, (0, 0), 1.0) - cv2.GaussianBlur(small, (0, 0), 8.0))
    middle = details[0][margin:-margin, margin:-margin]
    if middle.std() < 1e-3 or details[1].std() < 1e-3:  # two blank pictures are alike
        return float(middle.std() < 1e-3 and details[1].std() < 1e-3)
    return float(cv2.matchTemplate(details[1], middle, cv2.TM_CCOEFF_NORMED).max())


def check_labels(classes: Mapping[str, Sequence[str]], counts: Mapping[str, Mapping[str, int]]) -> list[Leak]:
    """Whether all sets name the same classes in the same order, and none of them is empty anywhere.

    Args:
        classes: Names of the classes of each set, by its name; the first is the one that others are compared with.
        counts: Labels by class of each set that shall hold all of them.
    """
    first, *others = classes
    names, orders = [], []
    for other in others:
        lacking = [name for name in classes[first] if name not in classes[other]]
        foreign = [name for name in classes[other] if name not in classes[first]]
        names += [_mismatch(name, first, other, classes[other]) for name in lacking]
        names += [_mismatch(name, other, first, classes[first]) for name in foreign]
        if not lacking and not foreign and list(classes[first]) != list(classes[other]):
            orders.append(f"{first} lists {', '.join(classes[first])}; {other} lists {', '.join(classes[other])}.")
    empty = [
        f"{name} has no label of class {label!r}."
        for name, by_class in counts.items()
        for label in classes[first]
        if not by_class.get(label)
    ]
    return [
        make_leak("label-names", names, looked="Compared the names of the classes of all sets."),
        make_leak("class-order", orders, looked="Compared the order of the classes of all sets; labels go by name."),
        make_leak("empty-classes", empty, looked="Counted the labels of each class in each set."),
    ]


def _mismatch(name: str, has: str, lacks: str, listed: Sequence[str]) -> str:
    near = [other for other in listed if other.strip().lower() == name.strip().lower()]
    hint = f" It has {near[0]!r}, which differs in letters' case or blanks only." if near else ""
    return f"{has} has the class {name!r}, {lacks} has not.{hint}"


def _words(leak: Leak) -> str:
    shown = "".join(f"\n    {line}" for line in leak.found[:_SHOWN])
    more = f"\n    and {len(leak.found) - _SHOWN} more" if len(leak.found) > _SHOWN else ""
    return (
        f"  {leak.name}: {CHECKS[leak.name]}{shown}{more}\n"
        f"    {_REMEDIES[leak.name]}; or, if you know better, add --allow {leak.name} (the report will say so)."
    )
