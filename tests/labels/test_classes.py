from types import SimpleNamespace

import numpy as np

from simengine.labels.classes import class_map


def test_class_map_names_every_pixel_of_a_class_and_nothing_else():
    instances = np.int32([[0, 1, 1], [2, 3, 3]])
    objects = [
        SimpleNamespace(id=1, category=None),
        SimpleNamespace(id=2, category="nut"),
        SimpleNamespace(id=3, category="bolt"),
        SimpleNamespace(id=9, category="bolt"),  # not in the picture
    ]
    ids = class_map(instances, objects, ["bolt", "nut"])
    assert ids.tolist() == [[0, 0, 0], [2, 1, 1]]
    assert class_map(np.zeros((2, 2), np.int32), [], []).tolist() == [[0, 0], [0, 0]]
