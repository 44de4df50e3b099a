"""The example for Kubernetes: its parts looked at, and its command run."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from operations_data import COMMAND, OPERATIONS, environment, make_shop

from clv_ml.cli.reporter import KEYS
from clv_ml.config import build_config

SECRET = "postgresql://bob:hunter2@127.0.0.1:9/mlflow"


@pytest.fixture(scope="module")
def manifests() -> dict[str, Any]:
    documents = yaml.safe_load_all((OPERATIONS / "kubernetes.yaml").read_text(encoding="utf-8"))
    return {document["kind"]: document for document in documents}


def _pod(manifests: dict[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = manifests["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return pod


def test_kubernetes_runs_one_at_a_time_and_gives_up_after_a_while(manifests: dict[str, Any]) -> None:
    assert manifests["CronJob"]["apiVersion"] == "batch/v1"
    spec = manifests["CronJob"]["spec"]
    assert (spec["concurrencyPolicy"], spec["timeZone"], len(spec["schedule"].split())) == ("Forbid", "Etc/UTC", 5)
    job = spec["jobTemplate"]["spec"]
    assert job["backoffLimit"] <= 3
    assert job["activeDeadlineSeconds"] < 24 * 3600
    assert _pod(manifests)["restartPolicy"] == "Never"
    hopeless, drained = job["podFailurePolicy"]["rules"]
    [container] = _pod(manifests)["containers"]
    assert hopeless["onExitCodes"] == {"containerName": container["name"], "operator": "In", "values": [2, 3, 4]}
    assert drained["action"] == "Ignore"


def test_kubernetes_gives_the_container_no_more_than_it_needs(manifests: dict[str, Any]) -> None:
    pod = _pod(manifests)
    [container] = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    for part in ("requests", "limits"):
        assert {"cpu", "memory"} <= {*container["resources"][part]}
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


def test_kubernetes_takes_secrets_from_secrets_only(manifests: dict[str, Any]) -> None:
    [container] = _pod(manifests)["containers"]
    for variable in container["env"]:
        secret = variable["name"] in {"CLV_ML__TRACKING__URI", "CLV_ML_EXPERIMENT_KEY"}
        assert ("valueFrom" in variable) is secret
        if secret:
            assert {*variable["valueFrom"]["secretKeyRef"]} == {"name", "key"}
    assert "://" not in (OPERATIONS / "kubernetes.yaml").read_text(encoding="utf-8")


def test_the_config_in_kubernetes_is_one_and_writes_where_it_may(manifests: dict[str, Any]) -> None:
    [container] = _pod(manifests)["containers"]
    mounts = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
    [text] = manifests["ConfigMap"]["data"].values()
    config = build_config(yaml.safe_load(text), environment={})
    spill = config.engine.temp_directory
    assert spill is not None
    for place in (config.output.dir, config.tracking.store, spill):
        assert any(place.is_relative_to(mount) for mount in mounts), place
    assert config.engine.memory_limit == "2GB"
    assert container["resources"]["limits"]["memory"] == "4Gi"
    assert f"/etc/clv-ml/{next(iter(manifests['ConfigMap']['data']))}" in container["command"]


def test_the_command_of_kubernetes_runs_and_its_log_is_json_without_the_secret(
    manifests: dict[str, Any], tmp_path: Path
) -> None:
    shop = make_shop(tmp_path / "shop")
    [container] = _pod(manifests)["containers"]
    name, *arguments = [part.replace("/etc/clv-ml", str(shop)) for part in container["command"]]
    assert name == "clv-ml"
    # no bundle was registered, so it ends where it looks for one; the address of the store holds a password
    given = environment(tmp_path, CLV_ML__TRACKING__URI=SECRET, CLV_ML_EXPERIMENT_KEY="a key")
    done = subprocess.run(
        [str(COMMAND), *arguments], env=given, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert all(tuple(line) == KEYS for line in lines)
    assert (lines[-1]["event"], lines[-1]["exit_code"]) == ("end", done.returncode)
    assert done.returncode in {1, 2, 4}
    assert "hunter2" not in done.stderr + done.stdout
    assert not (shop / "output" / "scores" / "latest.json").exists()
