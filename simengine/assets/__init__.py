"""Assets: parametric shapes, mesh and URDF import, collision hulls, procedural textures."""
