"""A bundle for workers: the same models after the journey, unpacked once a process, refused when tampered with."""

import dataclasses
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bundle_data import small_bundle, small_models

from clv_ml.errors import BundleError
from clv_ml.models import shipment
from clv_ml.models.bundle import load_bundle
from clv_ml.models.shipment import Shipment


@pytest.fixture
def sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shipment:
    monkeypatch.setattr(shipment, "_LOADED", {})
    return Shipment.of(load_bundle(small_bundle(tmp_path)))


def test_what_arrives_predicts_what_was_sent(sent: Shipment) -> None:
    rows = pd.DataFrame({"silence": [0.5, np.nan], "plan": ["plan 3", "new"], "spend": [1.0, -1.0]}, index=["a", "b"])
    churn, original = sent.bundle().models.churn, small_models().churn
    assert churn is not None
    assert original is not None
    pd.testing.assert_frame_equal(churn.predict(rows), original.predict(rows), check_exact=True)


def test_the_version_is_that_of_the_bundle(sent: Shipment, tmp_path: Path) -> None:
    assert sent.version == load_bundle(tmp_path).version == sent.bundle().version


def test_it_is_unpacked_once_a_process(sent: Shipment) -> None:
    assert sent.bundle() is dataclasses.replace(sent).bundle()


def test_only_the_last_bundle_is_kept(sent: Shipment, tmp_path: Path) -> None:
    sent.bundle()
    other = Shipment.of(dataclasses.replace(load_bundle(tmp_path), facts={"name": "other"}))
    assert other.bundle().facts == {"name": "other"}
    assert list(shipment._LOADED) == [other.version]


def test_a_shipment_that_was_tampered_with_is_refused(sent: Shipment) -> None:
    name = next(name for name in sent.files if name.endswith(".txt"))
    changed = {**sent.files, name: zlib.compress(zlib.decompress(sent.files[name]) + b"\n")}
    with pytest.raises(BundleError, match="checksum differs"):
        Shipment(changed, "another").bundle()
