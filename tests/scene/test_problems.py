BAD = """\
simengine: 1
name: Bad Name
variables:
  size: {uniform: [10 mm, 20 mm]}
  index: 3
  early: = late
  late: 1
objects:
  die:
    count: {uniform: [1, 3]}
    shape: {die: {size: = 2 * siz, rouding: 0.1}}
    material: {roughness: {normal: [0.5, 0.2]}, base_color: red, metallic: 1.7}
    physics: {mass: 3 m, static: yes, friction: true}
    placement: {scatter: {on: dye}}
    label: {name: dice}
  "3d": {shape: {can: }}
  two:
    shape: {box: {}, sphere: {}}
    placement: {fixed: {position: [0, {uniform: [0, x]}, 1], rotation: [0, 0]}}
  three:
    material: {texture: {choose: [{wood: {planks: 99}}, {wod: {}}]}}
    count: 2
    repeat: {grid: [1, 1, 2]}
  four: {shape: {box: {size: [1, 2]}}, placement: {shelf: {on: two}}}
  five: {shape: {mesh: {file: absent.obj}}, placement: {stack: {on: five}}}
cameras:
  c: {pose: {orbit: {azimuth: 30 kg}}, resolution: 640, render: 1}
timeline: {start: never}
outputs: [rgb, dpth]
labels: {classes: [die, die]}
constraints: ["count('di') > 3", "1 +", "foo > 1"]
lights:
  l: {color: "#ffffff"}
render: {preset: drft}
plane: sobol
"""

EXPECTED = [
    (2, 7, "name", "lower-case"),
    (5, 3, "variables", "'index' has a meaning of its own"),
    (6, 10, "variables.early", "drawn later"),
    (10, 12, "objects.die.count", "integer or poisson"),
    (11, 25, "objects.die.shape.die.size", "Did you mean 'size'"),
    (11, 36, "objects.die.shape.die.rouding", "Did you mean 'rounding'"),
    (12, 27, "objects.die.material.roughness", "Set low and high"),
    (12, 61, "objects.die.material.base_color", "'red' is not a colour"),
    (12, 76, "objects.die.material.metallic", "1.7 is outside [0, 1]"),
    (13, 21, "objects.die.physics.mass", "use kg, g, t"),
    (13, 34, "objects.die.physics.static", "true or false belongs here, not 'yes'"),
    (13, 49, "objects.die.physics.friction", "true is not a number"),
    (14, 31, "objects.die.placement.scatter.on", "Did you mean 'die'"),
    (15, 19, "objects.die.label", "'dice' is not in labels.classes"),
    (16, 3, "objects", "'3d' is no name"),
    (18, 12, "objects.two.shape", "exactly one of"),
    (19, 49, "objects.two.placement.fixed.position[1].uniform", "'x', which is not a number"),
    (19, 72, "objects.two.placement.fixed.rotation", "no rotation"),
    (21, 5, "objects.three", "'shape' is missing"),
    (21, 51, "objects.three.material.texture.choose[0].wood.planks", "99 is outside [1, 16]"),
    (21, 58, "objects.three.material.texture.choose[1].wod", "Did you mean 'wood'"),
    (23, 5, "objects.three.repeat", "exclude each other"),
    (24, 30, "objects.four.shape.box.size", "2 entries"),
    (24, 64, "objects.four.placement.shelf.on", "no rack"),
    (25, 31, "objects.five.shape.mesh.file", "no file 'absent.obj'"),
    (25, 69, "objects.five.placement.stack.on", "stand on itself"),
    (27, 31, "cameras.c.pose.orbit.azimuth", "use rad, deg"),
    (27, 52, "cameras.c.resolution", "a list belongs here"),
    (27, 57, "cameras.c.render", "'render' is unknown"),
    (28, 19, "timeline.start", "settled"),
    (29, 16, "outputs[1]", "Did you mean 'depth'"),
    (30, 25, "labels.classes[1]", "listed twice"),
    (31, 15, "constraints[0]", "Did you mean 'die'"),
    (31, 34, "constraints[1]", "no expression"),
    (31, 41, "constraints[2]", "no variable 'foo'"),
    (33, 6, "lights.l", "exactly one of area, sun, point, spot; none is given"),
    (34, 18, "render.preset", "Did you mean 'draft'"),
    (35, 1, "plane", "Did you mean 'plan'"),
]


def test_every_problem_at_once_each_with_place_path_and_remedy(complaints):
    found = complaints(BAD)
    assert [entry[:3] for entry in found] == [entry[:3] for entry in EXPECTED]
    for (*_, text), (*_, words) in zip(found, EXPECTED, strict=True):
        assert words in text


def test_plans(complaints):
    ((line, column, path, text),) = complaints("simengine: 1\nplan: sobl")
    assert (line, column, path) == (2, 7, "plan")
    assert "Did you mean sobol" in text


def test_the_root_must_be_a_mapping(complaints):
    ((line, column, _, text),) = complaints("\n- a\n- b")
    assert (line, column) == (2, 1)
    assert "mapping" in text


def test_another_version(complaints):
    ((line, column, path, text),) = complaints("simengine: 2")
    assert (line, column, path) == (1, 12, "simengine")
    assert "1" in text


def test_drawn_file_names_are_checked_too(complaints, tmp_path):
    ((line, _, path, text),) = complaints(
        "variables: {photos: nowhere}\n"
        "objects: {a: {shape: {box: {}}, material: {texture: {image: {folder: '= photos'}}}}}"
    )
    assert (line, path) == (2, "objects.a.material.texture.image.folder")
    assert "no folder 'nowhere'" in text
    (tmp_path / "empty").mkdir()
    ((*_, text),) = complaints("objects: {a: {shape: {box: {}}, material: {texture: {image: {folder: empty}}}}}")
    assert "no pictures" in text


def test_class_pictures_need_listed_classes(complaints, load):
    text = "objects: {a: {shape: {box: {}}, label: {name: a}}}\noutputs: [rgb, classes]\n"
    ((line, column, path, words),) = complaints(text)
    assert (line, column, path) == (2, 16, "outputs")
    assert "labels.classes" in words
    assert load(text + "labels: {classes: [a]}\n").model.outputs == ["rgb", "classes"]


def test_lamps_and_weathering(complaints):
    found = complaints(
        "objects:\n"
        "  a:\n"
        "    shape: {box: {}}\n"
        "    material: {weathering: {rsut: 0.3, wear: 1.4}, sheen: 2, relief: 1 kg}\n"
        "lights:\n"
        "  l: {spot: {angle: 200 deg, soft: -1}}\n"
        "  m: {area: {shape: disc}}\n"
    )
    assert [(line, column) for line, column, *_ in found] == [
        (4, 29), (4, 46), (4, 59), (4, 70), (6, 21), (6, 36), (7, 21),
    ]  # fmt: skip
    assert "Did you mean 'rust'" in found[0][3] and "disk" in found[-1][3]
