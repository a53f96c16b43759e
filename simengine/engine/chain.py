"""The real maker of samples: a scene, a seed and a renderer, rebuilt in whatever process makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simengine.dataset.shard import Sink
from simengine.engine.sample import make_sample

if TYPE_CHECKING:
    from simengine.dataset.record import SampleRecord
    from simengine.dataset.workers import Maker
    from simengine.scene.spec import SceneSpec

__all__ = ["Chain", "device_of", "open_spec"]


@dataclass(frozen=True)
class Chain:
    """Opens a maker of samples in any process; see `simengine.dataset.workers.OpenMaker`.

    Attributes:
        tree: The resolved tree of the scene.
        base: Folder that its file names refer to.
        seed: Seed of the data set.
        renderer: Name of the renderer.
        device: ``cpu`` or ``cuda:K``.
        threads: Threads that render.
        plugins: Files of plug-ins to load first.
        recycle: Samples after which a worker is replaced; None: as usual.
    """

    tree: dict[str, Any]
    base: str
    seed: int
    renderer: str
    device: str
    threads: int
    plugins: tuple[str, ...] = ()
    recycle: int | None = None

    def __call__(self) -> Maker:
        """Loads what the stages need and returns the maker."""
        from simengine.scene.plugins import load_plugin

        for file in self.plugins:
            load_plugin(file)
        spec = open_spec(self.tree, self.base)
        renderer = None
        if spec.model.pictured:
            from simengine.render.select import make_renderer

            renderer = make_renderer(self.renderer, device=self.device, threads=self.threads)

        def make(index: int, sink: Sink, folder: str) -> SampleRecord:
            return make_sample(spec, self.seed, index, renderer=renderer, sink=sink, folder=folder)

        return make


def open_spec(tree: dict[str, Any], base: str) -> SceneSpec:
    """Rebuilds a scene from its tree: the same everywhere, also in what its messages say of places in files."""
    from simengine.scene.plugins import load_installed
    from simengine.scene.spec import SceneSpec

    load_installed()
    return SceneSpec.from_tree(tree, base)


def device_of(spec: SceneSpec, device: str) -> str:
    """Where the pictures of a scene are drawn: ``cpu`` or ``cuda:K``; signals and PyBullet know the processor alone."""
    if not spec.model.pictured or spec.model.render.renderer != "warp":
        return "cpu"
    from simengine.render.select import resolve_device

    return resolve_device(device)
