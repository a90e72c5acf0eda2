"""The manifests of conf/kubernetes against the schemas of Kubernetes' own API and of Prometheus' operator, and against opslb: that
their numbers, names and paths fit together. No cluster runs here, so nothing else is shown."""

import copy
import json
import pathlib
import subprocess

import pytest

yaml = pytest.importorskip("yaml", reason="python3-yaml is not installed")

from support import tls_peers  # noqa: E402
from support.opslb import run  # noqa: E402
from support.timeouts import scaled  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parents[2]
CHECKER = TOP / "tests" / "kubernetes"

pytestmark = pytest.mark.skipif(not (CHECKER / "node_modules").exists(), reason="`./dev bootstrap test` installs the schemas")


def manifests():
    return [each for file in sorted((TOP / "conf" / "kubernetes").glob("*.yaml"))
            for each in yaml.safe_load_all(file.read_text())]


def complaints(about):
    done = subprocess.run(["node", "check.mjs"], cwd=CHECKER, input=json.dumps(about), capture_output=True, text=True,
                          timeout=scaled(60), check=True)
    return json.loads(done.stdout)


def the(kind, name="opslb"):
    found, = (each for each in manifests() if (each["kind"], each["metadata"]["name"]) == (kind, name))
    return found


def pod():
    return the("Deployment")["spec"]["template"]["spec"]


def container():
    only, = pod()["containers"]
    return only


def configuration():
    lines = the("ConfigMap")["data"]["opslb.json"].splitlines()
    return json.loads("\n".join(line for line in lines if not line.strip().startswith("//")))


def seconds(duration):
    assert duration.endswith("s") and not duration.endswith("ms")
    return int(duration[:-1])


def test_the_schemas_take_all_of_them():
    kinds = sorted(each["kind"] for each in manifests())
    assert kinds == ["ConfigMap", "Deployment", "PodDisruptionBudget", "Service", "Service", "ServiceMonitor"]
    assert complaints(manifests()) == []


@pytest.mark.parametrize("path, value, complaint", [
    (["spec", "replica"], 2, "unknown field spec.replica"),
    (["spec", "replicas"], "two", "replicas must be integer"),
    (["spec", "template", "spec", "containers", 0, "readinessProbe", "httpget"], {}, "readinessProbe.httpget"),
    (["spec", "template", "spec", "containers", 0, "ports", 0, "containerPort"], None, "containerPort"),
    (["spec", "template", "spec", "topologySpreadConstraints", 0, "maxSkew"], "1", "maxSkew must be integer"),
    (["apiVersion"], "apps/v7", "no schema for apps/v7"),
])
def test_the_check_notices(path, value, complaint):
    wrong = copy.deepcopy(the("Deployment"))
    place = wrong
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    assert any(complaint in each for each in complaints([wrong])), complaints([wrong])


def test_opslb_takes_the_configuration(tmp_path):
    (tmp_path / "tls").mkdir()
    (tmp_path / "admin").mkdir()
    made = tls_peers.certificate()
    (tmp_path / "tls" / "tls.crt").write_bytes(pathlib.Path(made.certificate).read_bytes())
    (tmp_path / "tls" / "tls.key").write_bytes(pathlib.Path(made.key).read_bytes())
    (tmp_path / "tls" / "tls.key").chmod(0o600)
    (tmp_path / "admin" / "token").write_text("0123456789abcdef0123456789abcdef\n")
    (tmp_path / "admin" / "token").chmod(0o600)
    file = tmp_path / "opslb.json"
    file.write_text(the("ConfigMap")["data"]["opslb.json"])
    checked = run("check", "--config", file)
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stderr


def test_a_drain_has_time_to_end():
    timeouts = configuration()["timeouts"]
    cut = 2
    assert pod()["terminationGracePeriodSeconds"] > seconds(timeouts["drain_grace"]) + seconds(timeouts["drain"]) + cut
    probe = container()["readinessProbe"]
    assert seconds(timeouts["drain_grace"]) > 2 * probe["periodSeconds"] * probe["failureThreshold"]


def test_it_runs_as_the_image_does():
    text = (TOP / "Containerfile").read_text()
    context = pod()["securityContext"]
    assert f"USER {context['runAsUser']}:{context['runAsGroup']}" in text
    mounts = {each["name"]: each["mountPath"] for each in container()["volumeMounts"]}
    assert f'"{mounts["config"]}/opslb.json"' in text
    assert set(mounts) == {each["name"] for each in pod()["volumes"]}
    assert configuration()["state_file"].startswith(mounts["run"] + "/")


def test_ports_and_labels_lead_to_the_pod():
    ports = {each["name"]: each["containerPort"] for each in container()["ports"]}
    binds = [each["bind"] for each in configuration()["listeners"]] + [configuration()["admin"]["bind"]]
    assert sorted(ports.values()) == sorted(int(bind.rpartition(":")[2]) for bind in binds)
    labels = the("Deployment")["spec"]["template"]["metadata"]["labels"]
    for name in ("opslb", "opslb-admin"):
        service = the("Service", name)["spec"]
        assert service["selector"].items() <= labels.items()
        assert {each["targetPort"] for each in service["ports"]} <= ports.keys()
    for selector in (the("Deployment")["spec"]["selector"], the("PodDisruptionBudget")["spec"]["selector"],
                     *(each["labelSelector"] for each in pod()["topologySpreadConstraints"])):
        assert selector["matchLabels"].items() <= labels.items()
    monitored = the("ServiceMonitor")["spec"]
    assert monitored["selector"]["matchLabels"].items() <= the("Service", "opslb-admin")["metadata"]["labels"].items()
    secret = next(each["secret"]["secretName"] for each in pod()["volumes"] if each["name"] == "admin")
    assert monitored["endpoints"][0]["authorization"]["credentials"]["name"] == secret
