import numpy as np
import pytest

from simengine.evaluate.features.cache import FeatureCache, content_key, default_cache


def test_what_is_kept_is_found_again(tmp_path):
    cache = FeatureCache(tmp_path / "deep" / "cache")
    arrays = {"a": np.arange(3.0), "b": np.array(7, np.uint64)}
    key = content_key(b"content", "recipe 1")
    assert cache.get(key) is None
    cache.put(key, arrays)
    found = cache.get(key)
    assert found is not None and {name: value.tolist() for name, value in found.items()} == {"a": [0, 1, 2], "b": 7}


def test_keys_change_with_content_and_recipe():
    keys = {content_key(content, recipe) for content in (b"x", b"y") for recipe in ("1", "2")}
    assert len(keys) == 4
    assert content_key(b"1x", "") != content_key(b"x", "1")


def test_a_damaged_file_counts_as_absent(tmp_path):
    cache = FeatureCache(tmp_path)
    key = content_key(b"content", "recipe")
    cache.put(key, {"a": np.zeros(1000)})
    (file,) = tmp_path.rglob("*.npz")
    file.write_bytes(file.read_bytes()[:50])
    assert cache.get(key) is None


def test_without_a_folder_nothing_is_kept():
    cache = FeatureCache(None)
    cache.put("key", {"a": np.zeros(1)})
    assert cache.get("key") is None


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"SIMENGINE_CACHE": "/c"}, "/c/features"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/simengine/features"),
    ],
)
def test_the_user_chooses_the_folder(monkeypatch, variables, expected):
    monkeypatch.delenv("SIMENGINE_CACHE", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert default_cache().as_posix() == expected
