"""A scene that was read and checked: what `load_scene` returns and the engine draws samples from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Any

from pydantic import ValidationError

from simengine.errors import Problem, Rejected, SimengineError, SpecError
from simengine.sampling.plan import check_plan
from simengine.scene.constraints import broken_constraint, split_constraints
from simengine.scene.draw import Compiled, compile_model, draw_scene
from simengine.scene.files import check_drawn_file, check_files, referenced_files
from simengine.scene.node import Node, format_path, from_plain
from simengine.scene.paths import split_keys
from simengine.scene.problems import problems_of
from simengine.scene.recipe import DrawError
from simengine.scene.rules import check_rules
from simengine.scene.scene import Scene
from simengine.scene.schema.scene import SceneModel

__all__ = ["SceneSpec"]

_TRIALS = 3


class SceneSpec:
    """A scene file with its randomizers and overrides, checked as a whole.

    Attributes:
        name: The scene's name.
        description: Its line in the catalogue.
        base: Folder that relative file names refer to.
        randomizers: Names of the randomizers, in the order they were applied.
        overrides: Values set by the caller, each as ``path=value``, in the order they were applied.
        notes: Remarks that are no errors, e.g. a randomizer that changed nothing.
        model: The validated scene; leaves that are drawn hold compiled recipes.
        root: The resolved tree with the place of every value.
        label_constraints: Constraints that need the number of labelled objects; the engine checks them with
            `constraints.check_label_constraints`.
    """

    def __init__(
        self,
        root: Node,
        *,
        base: str,
        randomizers: Sequence[str] = (),
        overrides: Sequence[str] = (),
        notes: Sequence[str] = (),
    ) -> None:
        """Checks the scene.

        Raises:
            SpecError: It is not valid; carries every problem found.
        """
        self.root = root
        self.base = base
        self.randomizers = tuple(randomizers)
        self.overrides = tuple(overrides)
        self.notes = tuple(notes)
        problems: list[Problem] = []
        if not isinstance(root.value, dict):
            remedy = "Start with `simengine: 1` and `objects:`."
            raise SpecError([Problem("a scene is a mapping of keys to values.", root.mark, remedy=remedy)])
        self.tree: dict[str, Any] = root.plain()
        model: SceneModel | None = None
        try:
            model = SceneModel.model_validate(self.tree, context={"base": base})
        except ValidationError as error:
            problems += problems_of(error, root)
        problems += check_rules(root)
        problems += check_files(root, base)
        if problems or model is None:
            raise SpecError(_in_order(problems))
        self.model = model
        self.name: str = model.name
        self.description: str = model.description
        self._draw_constraints, self.label_constraints = split_constraints(model.constraints)
        self._compiled: Compiled = compile_model(model)
        self._check_plan()
        self._try()

    @classmethod
    def from_tree(cls, tree: dict[str, Any], base: str, *, randomizers: Sequence[str] = ()) -> SceneSpec:
        """Rebuilds a scene from its resolved tree, in a worker or from a manifest.

        Args:
            tree: `SceneSpec.tree`.
            base: Folder that relative file names refer to.
            randomizers: Names to keep on record; the tree holds their effects already.
        """
        return cls(from_plain(tree), base=base, randomizers=randomizers)

    def sample(self, seed: int = 0, index: int = 0, *, attempt: int = 0) -> Scene:
        """Draws one sample; the same arguments give the same scene.

        Args:
            seed: Seed of the data set, any integer from 0.
            index: Number of the sample, from 0.
            attempt: Number of the try, counted up after a rejection.

        Raises:
            Rejected: A constraint does not hold, or a value that was drawn does not fit its key.
        """
        try:
            scene = draw_scene(self._compiled, base=self.base, seed=seed, index=index, attempt=attempt)
        except DrawError as error:
            raise Rejected("draw", self._located(error)) from None
        broken = broken_constraint(self._draw_constraints, scene)
        if broken is not None:
            raise Rejected("draw", broken)
        return scene

    @cached_property
    def hash(self) -> str:
        """BLAKE2b of what determines the data: the resolved tree and the files it names.

        The order of keys counts, because it numbers the objects; the description does not. Of a folder
        of pictures the names and sizes count, of a single file its content.
        """
        tree = {key: value for key, value in self.tree.items() if key != "description"}
        text = json.dumps(tree, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
        digest = blake2b(text.encode(), digest_size=16)
        for name, content in referenced_files(self.root, self.base):
            digest.update(f"\0{name}\0{content}".encode())
        return digest.hexdigest()

    def __repr__(self) -> str:
        return f"SceneSpec({self.name!r}, randomizers={list(self.randomizers)}, hash={self.hash})"

    def __reduce__(self) -> Any:
        return _rebuild, (self.tree, self.base, self.randomizers, self.overrides, self.notes)

    def _check_plan(self) -> None:
        try:
            check_plan(self._compiled.plan, self._compiled.planned)
        except SimengineError as error:
            node = self.root.child("plan")
            raise SpecError([Problem(str(error), node.mark if node else None, "plan")]) from None

    def _try(self) -> None:
        """Draws a few samples, so that what can never be drawn is an error now and not later."""
        failure: DrawError | None = None
        for index in range(_TRIALS):
            try:
                scene = draw_scene(self._compiled, base=self.base, seed=0, index=index, attempt=0)
            except DrawError as error:
                failure = error
                continue
            for path, value in scene.draws.items():
                problem = check_drawn_file(path, value, self.base)
                if problem:
                    node, where = self._find(path)
                    raise SpecError([Problem(problem, node.mark, where, "Paths are relative to the scene file.")])
            return
        assert failure is not None
        node, where = self._find(failure.path)
        raise SpecError([Problem(failure.reason, node.mark, where, f"({_TRIALS} of {_TRIALS} trial draws failed.)")])

    def _find(self, path: str) -> tuple[Node, str]:
        """The node of the text that a path of a draw stands for, and its path."""
        keys = [key for number, key in enumerate(split_keys(path)) if not (number == 2 and isinstance(key, int))]
        node, done = self.root.follow(keys)
        return node, format_path(done)

    def _located(self, error: DrawError) -> str:
        node, _ = self._find(error.path)
        return f"{error.path}: {error.reason}" + (f" ({node.mark})" if node.mark else "")


def _rebuild(
    tree: dict, base: str, randomizers: tuple[str, ...], overrides: tuple[str, ...], notes: tuple[str, ...]
) -> SceneSpec:
    return SceneSpec(from_plain(tree), base=base, randomizers=randomizers, overrides=overrides, notes=notes)


def _in_order(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda p: (p.mark.file, p.mark.line, p.mark.column) if p.mark else ("", 0, 0))
