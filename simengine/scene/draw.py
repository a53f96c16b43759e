"""Draws a scene: from the compiled tree to concrete objects, lights and cameras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from simengine.sampling.distribution import Distribution
from simengine.sampling.plan import plan_points
from simengine.scene.concrete import CONCRETE, first_message, validated
from simengine.scene.machinery import draw_machinery
from simengine.scene.recipe import Choice, Draw, DrawError, Random, Recipe
from simengine.scene.scene import Scene, SceneCamera, SceneLight, SceneObject
from simengine.scene.schema.base import Count, Part, template
from simengine.scene.schema.camera import Camera
from simengine.scene.schema.light import Light
from simengine.scene.schema.object import Object
from simengine.scene.schema.placement import Repeat
from simengine.scene.schema.scene import SceneModel

__all__ = ["MAX_COPIES", "Compiled", "compile_model", "draw_scene", "planned_names"]

MAX_COPIES = 100_000
"""Most objects of one sample."""

_COUNT: TypeAdapter[int] = TypeAdapter(Count)
_COPIED: dict[str, type[Part]] = {"objects": Object, "lights": Light, "cameras": Camera}
_GROUPS = (*_COPIED, "machines", "sensors")


@dataclass(frozen=True, eq=False)
class Compiled:
    """A validated scene as the draw walks it.

    Attributes:
        model: Fields drawn once a sample; recipes where values are drawn.
        constant: `model` validated, where it holds no recipe.
        variables: Compiled variables in their order.
        plan: Sampling plan.
        planned: Variables that the plan places.
        groups: For ``objects``, ``lights``, ``cameras``, ``machines`` and ``sensors`` the compiled entries by name.
    """

    model: dict[str, Any]
    constant: SceneModel | None
    variables: dict[str, Any]
    plan: Any
    planned: tuple[str, ...]
    groups: dict[str, dict[str, Any]]


def compile_model(model: SceneModel) -> Compiled:
    """Prepares a validated scene for drawing; what is constant is validated here once."""
    fields = {name: template(getattr(model, name)) for name in SceneModel.model_fields}
    variables = fields.pop("variables")
    groups = {kind: fields.pop(kind) for kind in _GROUPS}
    if not model.pictured:
        groups["cameras"] = {}
    fields |= {kind: {} for kind in _GROUPS}
    varies = any(isinstance(part, Recipe | dict) for name, part in fields.items() if name not in (*_GROUPS, "plan"))
    constant = None if varies else SceneModel.model_validate(fields, context=CONCRETE)
    return Compiled(fields, constant, variables, model.plan, planned_names(variables), groups)


def planned_names(variables: Mapping[str, Any]) -> tuple[str, ...]:
    """Variables that a sampling plan places: those with a scalar distribution that can be inverted."""
    return tuple(
        name for name, node in variables.items()
        if isinstance(node, Choice) or (isinstance(node, Random) and _invertible(node))
    )  # fmt: skip


def _invertible(node: Random) -> bool:
    from simengine.sampling.distribution import DISTRIBUTIONS

    family = DISTRIBUTIONS[node.tag]
    return family.ppf is not Distribution.ppf and (node.fixed is None or node.fixed.event_shape == ())


def draw_scene(compiled: Compiled, *, base: str, seed: int, index: int, attempt: int) -> Scene:
    """Draws one sample.

    Raises:
        DrawError: A recipe has no value, or there are too many objects.
        ValidationError: A drawn value does not fit; its title is the path of the part.
    """
    draw = Draw(seed, index, attempt)
    _draw_variables(compiled, draw)
    if compiled.constant is not None:
        variables = dict(draw.scope)
        model = compiled.constant.model_copy(update={"variables": variables}) if variables else compiled.constant
    else:
        fields = {name: draw.resolve(node, name) for name, node in compiled.model.items() if name != "plan"}
        fields |= {"variables": dict(draw.scope), "plan": compiled.plan}
        model = validated(SceneModel, fields, "")
    objects: list[SceneObject] = []
    for name, node in compiled.groups["objects"].items():
        for copy, offset, spec in _copies("objects", name, node, draw):
            if len(objects) == MAX_COPIES:
                raise DrawError(f"objects.{name}", f"the sample has more than {MAX_COPIES:,} objects.")
            objects.append(SceneObject(len(objects) + 1, f"{name}[{copy}]", name, copy, offset, spec))
    lights = [
        SceneLight(f"{name}[{copy}]", spec)
        for name, node in compiled.groups["lights"].items()
        for copy, _, spec in _copies("lights", name, node, draw)
    ]
    cameras = [
        SceneCamera(f"{name}[{copy}]", spec)
        for name, node in compiled.groups["cameras"].items()
        for copy, _, spec in _copies("cameras", name, node, draw)
    ]
    machines, sensors, imus = draw_machinery(
        compiled.groups["machines"], compiled.groups["sensors"], draw, duration=model.recording.duration
    )
    return Scene(
        seed=seed, index=index, attempt=attempt, model=model, base=base,
        objects=tuple(objects), lights=tuple(lights), cameras=tuple(cameras), draws=draw.draws,
        machines=machines, sensors=sensors, imus=imus,
    )  # fmt: skip


def _draw_variables(compiled: Compiled, draw: Draw) -> None:
    """Draws the scene's variables in order, each visible to those after it."""
    points = None
    if compiled.planned and draw.attempt == 0:  # a rejected point is replaced by an independent one
        points = plan_points(compiled.plan, compiled.planned, seed=draw.seed, index=draw.index)
    placed = dict(zip(compiled.planned, points.tolist(), strict=True)) if points is not None else {}
    for name, node in compiled.variables.items():
        path = f"variables.{name}"
        if name in placed:
            draw.scope[name] = draw.draws[path] = _place(node, placed[name], draw, path)
        else:
            draw.scope[name] = draw.resolve(node, path)


def _place(node: Any, u: float, draw: Draw, path: str) -> Any:
    """The value at a point of the sampling plan."""
    if isinstance(node, Choice):
        return draw.resolve(*node.pick(draw, path, u=u))
    value = node.distribution(draw, path).ppf(u)
    return value.tolist() if hasattr(value, "tolist") else value


def _copies(kind: str, name: str, node: Any, draw: Draw) -> Iterator[tuple[int, tuple[float, float, float], Any]]:
    """Every copy of one entry: its number, its offset [m] and its concrete spec."""
    path = f"{kind}.{name}"
    while isinstance(node, Choice):
        node, _ = node.pick(draw, path)
    if isinstance(node, Recipe):
        node = draw.resolve(node, path)
    family = _COPIED[kind]
    if isinstance(node, Part):
        counted, repeat = getattr(node, "count", 1), getattr(node, "repeat", None)
    else:
        if not isinstance(node, dict):
            raise DrawError(path, f"{node!r} is no mapping.")
        counted = draw.resolve(node.get("count", 1), f"{path}.count")
        counted = _validated_count(counted, f"{path}.count")
        repeat = node.get("repeat")
        if repeat is not None and not isinstance(repeat, Repeat):
            repeat = validated(Repeat, draw.resolve(repeat, f"{path}.repeat"), f"{path}.repeat")
    offsets = _offsets(repeat, path) if repeat is not None else [(0.0, 0.0, 0.0)] * counted
    given = {} if isinstance(node, Part) else _fixed_keys(node, family, len(offsets), repeat)
    for copy, offset in enumerate(offsets):
        if isinstance(node, Part):
            yield copy, offset, node
            continue
        yield copy, offset, _draw_copy(family, node, given, draw, f"{path}[{copy}]", copy, len(offsets))


def _fixed_keys(node: dict, family: type[Part], count: int, repeat: Repeat | None) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if "count" in node:
        given["count"] = count
    if repeat is not None:
        given["repeat"] = repeat
    return given


def _draw_copy(family: type[Part], node: dict, given: dict, draw: Draw, path: str, copy: int, count: int) -> Any:
    own = draw.within({"index": copy, "count": count})
    fields = dict(given)
    variables = node.get("variables")
    if variables:
        fields["variables"] = {}
        for name, recipe in variables.items():
            fields["variables"][name] = own.scope[name] = own.resolve(recipe, f"{path}.variables.{name}")
    for name, part in node.items():
        if name not in ("count", "repeat", "variables"):
            fields[name] = own.resolve(part, f"{path}.{name}")
    return validated(family, fields, path)


def _offsets(repeat: Repeat, path: str) -> list[tuple[float, float, float]]:
    (nx, ny, nz), (dx, dy, dz) = repeat.grid, repeat.spacing
    if nx * ny * nz > MAX_COPIES:
        raise DrawError(f"{path}.repeat.grid", f"{nx} x {ny} x {nz} copies are more than {MAX_COPIES:,}.")
    return [(i * dx, j * dy, k * dz) for k in range(nz) for j in range(ny) for i in range(nx)]


def _validated_count(value: Any, path: str) -> int:
    try:
        return _COUNT.validate_python(value, context=CONCRETE)
    except ValidationError as error:
        raise DrawError(path, first_message(error)) from None
