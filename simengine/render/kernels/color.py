# mypy: ignore-errors
"""The kernel for colour: path tracing."""

import warp as wp

from simengine.render.kernels.angles import frame_of, unit
from simengine.render.kernels.bsdf import Bsdf, bsdf_at, evaluate, sample_direction
from simengine.render.kernels.camera import CameraData, camera_ray, is_dark
from simengine.render.kernels.clear import beyond, clear_way, fade, pass_inwards, pass_outwards, tint
from simengine.render.kernels.finish import finish_at
from simengine.render.kernels.fuzz import dimmed, evaluate_rich, fuzz_at, sample_rich
from simengine.render.kernels.geometry import Labels, label_nothing, label_surface
from simengine.render.kernels.light import (
    GLOW,
    environment_pdf,
    environment_radiance,
    glow_pdf,
    light_along,
    sample_environment,
    sample_glow,
    sample_light,
)
from simengine.render.kernels.look import LookData
from simengine.render.kernels.scene import (
    Hit,
    SceneData,
    Surface,
    any_hit,
    closest_hit,
    material_at,
    part_of,
    record_of,
    surface_at,
)
from simengine.render.kernels.texture import base_color
from simengine.render.kernels.weathering import weathered

wp.set_module_options({"enable_backward": False, "fast_math": False})

__all__ = ["TRACERS"]

FAR = wp.constant(1.0e30)
ROUGH_BOUNCE = wp.constant(0.5)
HASH_A = wp.constant(wp.uint32(0x7FEB352D))
HASH_B = wp.constant(wp.uint32(0x846CA68B))
GOLDEN = wp.constant(wp.uint32(0x9E3779B9))


@wp.func
def mix_bits(x: wp.uint32):
    """An integer hash (C. Wellons, lowbias32)."""
    y = x ^ (x >> wp.uint32(16))
    y = y * HASH_A
    y = y ^ (y >> wp.uint32(15))
    y = y * HASH_B
    return y ^ (y >> wp.uint32(16))


@wp.func
def point(look: LookData, pair: wp.int32, index: wp.int32, key: wp.uint32):
    """Two numbers in [0, 1): a point of the pixel's low-discrepancy set, digit-scrambled by `key`, 0 for not at all."""
    word = look.points[pair, index]
    scramble = wp.uint32(0)
    other = wp.uint32(0)
    if key != wp.uint32(0):
        scramble = mix_bits(key + wp.uint32(pair) * GOLDEN)
        other = mix_bits(scramble)
    a = (word[0] ^ scramble) >> wp.uint32(8)
    b = (word[1] ^ other) >> wp.uint32(8)
    return wp.vec2(float(a), float(b)) * 5.9604644775390625e-8


@wp.func
def limit(c: wp.vec3, most: wp.float32):
    top = wp.max(c[0], wp.max(c[1], c[2]))
    return wp.where(top > most, c * (most / wp.max(top, 1.0e-20)), c)


@wp.func
def environment_share(look: LookData, m: Bsdf):
    """How often to draw a direction from the surroundings: shiny surfaces pick what matters to them themselves."""
    return look.environment.share * (1.0 - (1.0 - m.diffuse_share) * wp.max(1.0 - 2.0 * m.alpha, 0.0))


@wp.func
def mixture_density(look: LookData, share: wp.float32, material_pdf: wp.float32, direction: wp.vec3):
    """Density of the direction in which paths go on."""
    density = material_pdf * (1.0 - share)
    if share > 0.0:
        density += share * environment_pdf(look.environment, direction)
    return density


@wp.func
def light_towards(look: LookData, number: wp.int32, s: Surface, u: wp.vec2):
    """As `sample_light`, of a light that may be the glowing surfaces, which are seen from where rays start."""
    ls = sample_light(look.lights[number], s.position, u)
    if look.lights[number].kind == GLOW:
        ls = sample_glow(look.glow, s.lifted, u)
    return ls


@wp.func
def glow_along(scene: SceneData, look: LookData, hit: Hit, direction: wp.vec3):
    """What glows where a ray arrives: its radiance, and in the fourth place the density of `sample_glow`."""
    glow = look.materials[material_at(scene, hit)].emission
    pdf = float(0.0)
    if glow[0] + glow[1] + glow[2] > 0.0:
        part = part_of(scene, hit.instance)
        corners = wp.array(ptr=part.corners, shape=(3 * part.faces,), dtype=wp.vec3)
        k = hit.face * 3
        normal = record_of(scene, hit.instance).rotation * wp.cross(
            corners[k + 1] - corners[k], corners[k + 2] - corners[k]
        )
        pdf = glow_pdf(look.glow, glow, hit.t, wp.dot(direction, normal) / wp.max(wp.length(normal), 1.0e-30))
    return wp.vec4(glow[0], glow[1], glow[2], pdf)


@wp.func
def glimpse(scene: SceneData, look: LookData, hit: Hit, direction: wp.vec3, choice: wp.float32):
    """About what a reflection shows of a surface: its colour under one light and half of the surroundings."""
    s = surface_at(scene, hit, direction)
    material = look.materials[s.material]
    light_in = wp.max(look.ambient_mean + s.normal * look.ambient, wp.vec3(0.0)) * 0.5
    if look.light_count > 0:
        k = wp.min(int(choice * float(look.light_count)), look.light_count - 1)
        ls = light_towards(look, k, s, wp.vec2(0.5))
        cosine = wp.dot(s.normal, ls.direction)
        if cosine > 0.0 and not any_hit(scene, s.lifted, ls.direction, ls.distance * 0.99999):
            light_in += ls.radiance * (cosine * float(look.light_count) / 3.14159265)
    base = base_color(look.textures, material, s, 0.1 * hit.t)
    return wp.cw_mul(base, light_in)


@wp.func
def part_from(light: wp.vec3, albedo: wp.vec3):
    """Light without the colour of the surface that reflected it."""
    least = float(1.0e-3)
    return wp.vec3(
        light[0] / wp.max(albedo[0], least), light[1] / wp.max(albedo[1], least), light[2] / wp.max(albedo[2], least)
    )


@wp.func
def skin_of(skins: wp.array(dtype=wp.int32), instance: wp.int32):
    """The number that all instances of one unbroken surface share; -1 for none."""
    skin = instance
    if instance >= 0:
        skin = skins[instance]
    return skin


def _tracer(clear, rich):
    """The kernel, with or without what clear bodies and rich materials need: code that is left out costs no time."""

    def trace_color(
        scenes: wp.array(dtype=SceneData),  # of each picture of a batch
        cameras: wp.array(dtype=CameraData),
        looks: wp.array(dtype=LookData),
        first_row: wp.int32,
        hits: wp.array2d(dtype=Hit),
        skins: wp.array(dtype=wp.int32),  # number of the surface that each instance is part of
        shared: wp.int32,  # whether the sample is the label ray itself; labels are then written here
        add: wp.int32,  # whether to add to earlier passes
        labels: Labels,
        # outputs, sums over samples, (B H, W)
        diffuse: wp.array2d(dtype=wp.vec3),  # divided by the sum of base colours
        albedo: wp.array2d(dtype=wp.vec3),  # base colour
        roughness: wp.array2d(dtype=wp.float32),
        specular: wp.array2d(dtype=wp.vec3),
        direct: wp.array2d(dtype=wp.vec3),  # emission and background
        guide: wp.array2d(dtype=wp.int32),  # number of the surface + 1 where all samples meet one,
        # 0 where they meet none or several, -1 for several in a picture that lens or motion blurs
    ):
        most = wp.static(0.9999 if rich else 0.99999)  # of the way to a light: what glows is no obstacle to itself
        thread, x = wp.tid()
        row = thread + first_row  # the pictures of a batch lie one below the other
        picture = row // cameras[0].height
        y = row - picture * cameras[0].height
        scene = scenes[picture]
        camera = cameras[picture]
        look = looks[picture]
        # 4 x 4 pixels share one point set: neighbours draw different points of it, which the filter then joins
        column = x + camera.left
        line = y + camera.top
        cell = ((column ^ line) & 1) * 8 + (line & 1) * 4 + ((column ^ line) & 2) * 1 + ((line & 2) >> 1)
        key = wp.uint32(0)  # the points are scrambled by the seed already
        if look.stride > 0:
            key = mix_bits(look.seed + wp.uint32((line >> 2) * camera.stride + (column >> 2)))
        center = skin_of(skins, hits[row, x].instance)
        pure = float(1.0)
        sum_diffuse = wp.vec3(0.0)
        sum_albedo = wp.vec3(0.0)
        sum_roughness = float(0.0)
        sum_specular = wp.vec3(0.0)
        sum_direct = wp.vec3(0.0)
        for sample in range(look.samples):
            index = cell * look.block + sample
            hit = hits[row, x]
            film = wp.vec2(0.5)
            pupil = wp.vec2(0.0)
            moment = float(0.5)
            if shared == 0:
                film = point(look, 0, index, mix_bits(key + wp.uint32(line * camera.stride + column)))
                if camera.aperture > 0.0 or camera.span > 0.0:
                    last_pair = 1 + look.surfaces * (look.light_rays + 2)
                    pupil = point(look, last_pair, index, key)
                    moment = point(look, last_pair + 1, index, key)[0]
            ray = camera_ray(camera, float(column) + film[0], float(line) + film[1], pupil, moment)
            scene.first = ray.first
            if is_dark(ray):
                pure = 0.0
                if shared == 1:
                    label_nothing(labels, row, x)
                continue
            if shared == 0:
                hit = closest_hit(scene, ray.origin, ray.direction, FAR)
                pure = wp.where(skin_of(skins, hit.instance) == center, pure, 0.0)
            direction = unit(ray.direction)
            if hit.instance < 0:
                if shared == 1:
                    label_nothing(labels, row, x)
                sum_direct += environment_radiance(look.environment, direction)
                continue
            # weights of the light that comes in at the first surface
            to_diffuse = wp.vec3(0.0)
            to_specular = wp.vec3(0.0)
            beta = wp.vec3(1.0)
            spread = look.pixel_angle
            blur = float(0.0)  # least roughness of what is met next
            if wp.static(clear):
                absorption = wp.vec3(0.0)  # of the bodies that the path is in
                bent = int(0)  # surfaces gone through
                owned = bool(False)  # whether light behind clear bodies was counted by shadow rays
            distance = wp.length(ray.direction) * hit.t
            for bounce in range(look.surfaces):
                s = surface_at(scene, hit, direction)
                if shared == 1 and bounce == 0:
                    label_surface(labels, scene, camera, ray, hit, s, row, x)
                material = look.materials[s.material]
                cosine = -wp.dot(s.normal, direction)
                if cosine < 0.02:  # interpolated normals may turn away at outlines
                    s.normal = wp.normalize(s.normal - direction * (0.02 - cosine))
                    cosine = -wp.dot(s.normal, direction)
                width = spread * distance / wp.sqrt(wp.max(cosine, 0.05))
                if wp.static(rich):
                    finish = look.finishes[s.material]
                    f = finish_at(look.textures, scene, hit, material, finish, s, width)
                    if finish.weathering >= 0:
                        f = weathered(look.textures, look.weathering, scene, hit, finish.weathering, s, width, f)
                    base = f.base
                    roughness_here = f.roughness
                    cosine = -wp.dot(f.normal, direction)
                    if cosine < 0.02:
                        f.normal = wp.normalize(f.normal - direction * (0.02 - cosine))
                        cosine = -wp.dot(f.normal, direction)
                    m = bsdf_at(
                        look.albedo_table,
                        base,
                        wp.max(f.roughness, blur),
                        f.metallic,
                        material.specular,
                        f.clear_coat,
                        cosine,
                    )
                    m = dimmed(look.sheen_table, m, f.sheen, finish.sheen_roughness, cosine)
                    frame = frame_of(f.normal)
                    fuzz = fuzz_at(f.sheen, finish.sheen_roughness, s.normal * frame)
                else:
                    base = base_color(look.textures, material, s, width)
                    roughness_here = material.roughness
                    m = bsdf_at(
                        look.albedo_table,
                        base,
                        wp.max(material.roughness, blur),
                        material.metallic,
                        material.specular,
                        material.clear_coat,
                        cosine,
                    )
                    frame = frame_of(s.normal)
                wo = -direction * frame
                passing = float(0.0)  # probability of going through
                if wp.static(clear):
                    beta = wp.cw_mul(beta, fade(absorption, distance))
                    if material.transmission > 0.0:
                        if s.back == 1:
                            passing = 1.0
                        else:
                            passing = m.diffuse_share * material.transmission
                            if wp.static(rich):
                                passing = passing * 0.95  # of what sheen is drawn by, some is left
                            through = m.diffuse * material.transmission
                            rest = 1.0 / (1.0 - wp.min(passing, 0.999999))
                            m.diffuse = m.diffuse * (1.0 - material.transmission)
                            m.diffuse_share = (m.diffuse_share - passing) * rest
                            m.specular_share = m.specular_share * rest
                            m.coat_share = m.coat_share * rest
                if bounce == 0:
                    sum_albedo += base
                    sum_roughness += roughness_here
                    if wp.static(rich):
                        sum_direct += material.emission

                # light sources, sampled
                first_pair = 1 + bounce * (look.light_rays + 2)
                rays = wp.where(bounce == 0, look.light_rays, wp.min(look.light_rays, 1))
                if wp.static(clear):
                    if passing == 1.0:
                        rays = int(0)
                choice = point(look, first_pair, index, key)
                share = environment_share(look, m)
                for k in range(rays):
                    light = int(k)
                    weight = float(1.0)
                    if rays < look.light_count:
                        light = wp.min(
                            int((float(k) + choice[0]) * float(look.light_count) / float(rays)), look.light_count - 1
                        )
                        weight = float(look.light_count) / float(rays)
                    spot = point(look, first_pair + 2 + k, index, key)
                    if wp.static(rich):
                        ls = light_towards(look, light, s, spot)
                        wi = ls.direction * frame
                        r = evaluate_rich(m, fuzz, wo, wi)
                    else:
                        ls = sample_light(look.lights[light], s.position, spot)
                        wi = ls.direction * frame
                        r = evaluate(m, wo, wi)
                    if r.pdf > 0.0 and ls.radiance[0] + ls.radiance[1] + ls.radiance[2] > 0.0:
                        lit = bool(False)
                        if wp.static(clear):
                            way = clear_way(scene, look, s.lifted, ls.direction, ls.distance * most)
                            lit = way[0] + way[1] + way[2] > 0.0
                        else:
                            lit = not any_hit(scene, s.lifted, ls.direction, ls.distance * most)
                        if lit:
                            w = float(1.0)
                            if ls.pdf > 0.0:
                                density = mixture_density(look, share, r.pdf, ls.direction)
                                if wp.static(clear):
                                    density = density * wp.where(way[3] > 0.0, 0.0, 1.0 - passing)
                                w = ls.pdf / (ls.pdf + weight * density)
                            light_in = ls.radiance * (weight * w)
                            if wp.static(clear):
                                light_in = wp.cw_mul(light_in, wp.vec3(way[0], way[1], way[2]))
                            if bounce == 0:
                                sum_diffuse += wp.cw_mul(base, light_in) * r.diffuse
                                sum_specular += wp.cw_mul(r.specular, light_in)
                            else:
                                value = wp.cw_mul(beta, wp.cw_mul(base * r.diffuse + r.specular, light_in))
                                value = limit(value, look.clamp)
                                sum_diffuse += wp.cw_mul(to_diffuse, value)
                                sum_specular += wp.cw_mul(to_specular, value)

                # one direction from the material or the surroundings: sees light, and carries the path on
                last = bounce == look.bounces
                if wp.static(clear):
                    last = bounce - bent == look.bounces or bounce == look.surfaces - 1
                if last and look.light_rays == 0 and look.environment.present == 0:
                    break
                uv = point(look, first_pair + 1, index, key)
                wi = wp.vec3(0.0)
                lobe = choice[1]
                if wp.static(clear):
                    if lobe < passing:
                        kept = wp.vec3(1.0)
                        crossed = bool(True)
                        if s.back == 1:
                            out = pass_outwards(m.alpha, material.index, wo, lobe, uv)
                            direction = frame * out.direction
                            crossed = out.through == 1
                            if crossed:
                                absorption = wp.max(absorption - material.absorption, wp.vec3(0.0))
                        else:
                            kept = wp.vec3(through / passing)
                            direction = frame * pass_inwards(m.alpha, material.index, wo, uv)
                            absorption += material.absorption
                        side = wp.dot(direction, s.geometric)  # interpolated normals may disagree with the facet
                        start = s.lifted
                        if crossed:
                            kept = wp.cw_mul(kept, tint(base))
                            start = beyond(s)
                            side = -side
                        if side < 1.0e-4:
                            direction += s.geometric * wp.where(crossed, side - 1.0e-4, 1.0e-4 - side) * 2.0
                            direction = wp.normalize(direction)
                        if bounce == 0:
                            to_diffuse = wp.vec3(0.0)
                            to_specular = kept
                        else:
                            beta = wp.cw_mul(beta, kept)
                        bent += 1
                        hit = closest_hit(scene, start, direction, FAR)
                        incoming = wp.vec3(0.0)
                        if hit.instance < 0:
                            incoming += environment_radiance(look.environment, direction)
                        elif bounce == look.surfaces - 1:  # deep in a pile: straight on
                            behind = clear_way(scene, look, start, direction, FAR)
                            sky = environment_radiance(look.environment, direction)
                            incoming += wp.cw_mul(sky, wp.vec3(behind[0], behind[1], behind[2]))
                        elif wp.static(rich):
                            if not owned:
                                incoming += look.materials[material_at(scene, hit)].emission
                        if not owned:
                            for k in range(look.light_count):
                                seen = light_along(look.lights[k], s.position, direction)
                                if seen.pdf > 0.0 and (hit.instance < 0 or seen.distance < hit.t):
                                    incoming += seen.radiance
                        value = wp.cw_mul(beta, incoming)
                        if bounce > 0:
                            value = limit(value, look.clamp)
                        sum_diffuse += wp.cw_mul(to_diffuse, value)
                        sum_specular += wp.cw_mul(to_specular, value)
                        if hit.instance < 0:
                            break
                        distance = hit.t
                        continue
                    lobe = (lobe - passing) / (1.0 - passing)
                    owned = True
                shiny = bool(False)
                if lobe < share:
                    wi = sample_environment(look.environment, uv) * frame
                    blur = ROUGH_BOUNCE
                else:
                    lobe = (lobe - share) / (1.0 - share)
                    if wp.static(rich):
                        wi = sample_rich(m, fuzz, wo, lobe, uv)
                    else:
                        wi = sample_direction(m, wo, lobe, uv)
                    # mirrors behind rough surfaces focus light that chance rarely finds: blur them
                    # (A. Kaplanyan and C. Dachsbacher, Path Space Regularization, 2013)
                    if lobe < m.diffuse_share:
                        blur = ROUGH_BOUNCE
                    else:
                        blur = wp.max(blur, wp.min(roughness_here, ROUGH_BOUNCE))
                        shiny = look.bounces == 0
                if wp.static(rich):
                    r = evaluate_rich(m, fuzz, wo, wi)
                else:
                    r = evaluate(m, wo, wi)
                if r.pdf <= 0.0:
                    break
                direction = frame * wi
                density = mixture_density(look, share, r.pdf, direction)
                if wp.static(clear):
                    density = density * (1.0 - passing)
                inverse = 1.0 / density
                if bounce == 0:
                    to_diffuse = base * (r.diffuse * inverse)
                    to_specular = r.specular * inverse
                else:
                    beta = wp.cw_mul(beta, base * r.diffuse + r.specular) * inverse
                reach = float(FAR)
                missed = bool(True)
                sees = not last or shiny  # whether what is met next matters, and not only whether there is something
                if wp.static(rich):
                    sees = True
                if not sees:
                    missed = False
                    if look.environment.present == 1:
                        missed = not any_hit(scene, s.lifted, direction, FAR)
                    reach = wp.where(missed, FAR, 0.0)
                    # lights between here and the next surface are seen even where the sky is not
                    if not missed and look.light_count > 0:
                        reach = -1.0
                else:
                    hit = closest_hit(scene, s.lifted, direction, FAR)
                    missed = hit.instance < 0
                    reach = hit.t
                incoming = wp.vec3(0.0)
                if wp.static(clear):
                    if last and not missed and look.environment.present == 1:
                        behind = clear_way(scene, look, s.lifted, direction, FAR)
                        if behind[3] > 0.0:
                            sky = environment_radiance(look.environment, direction)
                            incoming += wp.cw_mul(sky, wp.vec3(behind[0], behind[1], behind[2]))
                if missed:
                    incoming += environment_radiance(look.environment, direction)
                elif shiny:
                    incoming += glimpse(scene, look, hit, direction, choice[0])
                rays_here = wp.where(bounce == 0, float(look.light_rays), 1.0) / wp.max(float(look.light_count), 1.0)
                if wp.static(rich):
                    if not missed:
                        glow = glow_along(scene, look, hit, direction)
                        incoming += wp.vec3(glow[0], glow[1], glow[2]) * (density / (density + rays_here * glow[3]))
                for k in range(look.light_count):
                    seen = light_along(look.lights[k], s.position, direction)
                    if seen.pdf > 0.0:
                        visible = seen.distance < reach
                        if reach == -1.0:
                            visible = not any_hit(scene, s.lifted, direction, seen.distance * 0.99999)
                        if visible:
                            # the densities of both strategies for this direction and light (balance heuristic)
                            w = density / (density + rays_here * seen.pdf)
                            incoming += seen.radiance * w
                value = wp.cw_mul(beta, incoming)
                if bounce > 0:
                    value = limit(value, look.clamp)
                sum_diffuse += wp.cw_mul(to_diffuse, value)
                sum_specular += wp.cw_mul(to_specular, value)
                if missed or last:
                    break
                distance = hit.t
                spread = wp.max(spread, 0.1)  # light that comes by a detour needs no fine textures
        if add == 1:
            earlier = albedo[row, x]
            sum_diffuse += wp.cw_mul(diffuse[row, x], earlier)
            sum_albedo += earlier
            sum_roughness += roughness[row, x]
            sum_specular += specular[row, x]
            sum_direct += direct[row, x]
            if guide[row, x] < 0 or (guide[row, x] == 0 and center >= 0):
                pure = 0.0
        diffuse[row, x] = part_from(sum_diffuse, sum_albedo)
        albedo[row, x] = sum_albedo
        roughness[row, x] = sum_roughness
        specular[row, x] = sum_specular
        direct[row, x] = sum_direct
        blurred = camera.aperture > 0.0 or camera.span > 0.0
        guide[row, x] = wp.where(pure == 1.0, center + 1, wp.where(blurred, -1, 0))

    return trace_color


_OPTIONS = {"enable_backward": False, "fast_math": False}
TRACERS = {
    (clear, rich): wp.kernel(
        _tracer(clear, rich), **({"module": "unique", "module_options": _OPTIONS} if clear or rich else {})
    )
    for clear in (False, True)
    for rich in (False, True)
}
"""By whether any body is clear, and whether any material is rich (see `simengine.render.finish`)."""
