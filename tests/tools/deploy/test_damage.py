"""Each kind of damage gives its own finding."""

from collections.abc import Callable
from pathlib import Path

import pytest

Change = Callable[[str, str, str], None]
Findings = Callable[[], list[str]]

MANIFEST = "kubernetes/cpu/deployment.yaml"
GPU = "kubernetes/gpu/deployment.yaml"
SERVICE = "kubernetes/service.yaml"
HPA = "kubernetes/cpu/horizontal-pod-autoscaler.yaml"
RULES = "prometheus/rules.yml"
PROMETHEUS = "prometheus/prometheus.yml"
DASHBOARD = "grafana/shelfrank.json"


def test_the_kit_as_shipped_fits_a_bundle(findings: Findings):
    assert findings() == []


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("models.config", "base_path:", "base_pth:", "models.config: line 6: is no ModelServerConfig: Message type"),
        ("models.config", '"/models/quickstart"', '"models/quickstart"', "base_path: 'models/quickstart' is not absolute"),
        ("models.config", '"/models/quickstart"', '"/models/other"', "base_path: is '/models/other', the bundle's folder"),
        ("models.config", '"tensorflow"', '"torch"', "model_platform: is 'torch'"),
        ("models.config", "versions: 1", "versions: 1 versions: 7", "versions: version 7 has no folder"),
        ("models.config", 'key: "canary" value: 1', 'key: "canary" value: 2', "version_labels 'canary': version 2 is not"),
        ("models.config", "    version_labels { key: \"canary\"", "    logging_config {} version_labels { key: \"canary\"",
         "models.config: quickstart: logging_config: stock TF Serving, unlike serving.local, has no request logger built in"),
        ("models.config", "specific { versions: 1 }", "latest { num_versions: 1 }", "model_version_policy: does not name"),
        ("batching_parameters.txt", "pad_variable", "pad_varible", "is no BatchingParameters"),
        ("batching_parameters.txt", "[1, 2, 4, 8]", "[1, 4, 2, 8]", "allowed_batch_sizes: [1, 4, 2, 8] does not grow"),
        ("batching_parameters.txt", "value: 8 }", "value: 16 }", "max_batch_size: is 16, the last of allowed_batch"),
        ("batching_parameters.txt", "[1, 2, 4, 8]", "[1, 3, 8]", "version 1 has no warm-up record of 3 pages but of 1 and"),
        ("batching_parameters.txt", "inputs: true", "inputs: false", "pad_variable_length_inputs: is false"),
        ("monitoring.config", "enable: true", "enable: false", "prometheus_config: enable: is false"),
        ("monitoring.config", "enable: true", "enabled: true", "monitoring.config: line 1: is no MonitoringConfig"),
        ("session.config", "allow_growth", "allow_grow", "session.config: line 2: is no ConfigProto"),
        ("start_cpu.sh", "--enable_batching=", "--enable_batchin=", "--enable_batchin: is no flag"),
        ("start_cpu.sh", "models.config", "model.config", "--model_config_file: there is no file 'model.config'"),
        ("start_cpu.sh", "unavailable_models=true", "unavailable_models=false", "is off, so that TF Serving refuses labels"),
        ("start_cpu.sh", "enable_batching=true", "enable_batching=false", "--enable_batching: is off but"),
        ("start_gpu.sh", ":-8500}", ":-9500}", "start_gpu.sh: --port: opens"),
        ("start_gpu.sh", ":-8501}", ":-8500}", "--rest_api_port: is the gRPC port too"),
        ("compose.yaml", "  ranker-gpu:", "  ranker-gpu: [", "compose.yaml: line"),
        ("compose.yaml", "8501:8501", "8501:9501", "ranker-cpu: ports: rest port 8501 of start_cpu.sh is not opened"),
        ("compose.yaml", "2.21.0-gpu", "2.21.0", "ranker-gpu: image: 'tensorflow/serving:2.21.0' and start_gpu.sh"),
        ("compose.yaml", ".:/config:ro", ".:/config", "volumes: '.:/config' is not read-only"),
        ("compose.yaml", "read_only: true\n  cap_drop", "read_only: false\n  cap_drop", "ranker-cpu: read_only: leaves"),
        ("compose.yaml", 'user: "65532:65532"', "user: root", "ranker-cpu: user: is root"),
        ("compose.yaml", "tcp/127.0.0.1/8501", "tcp/127.0.0.1/8502", "ranker-cpu: healthcheck: asks port 8502"),
        ("compose.yaml", "models/quickstart/labels", "models/shop/labels", "healthcheck: '/v1/models/shop/labels/stable"),
        ("compose.yaml", "demo/models}:/models:ro", "demo/models}:/served:ro", "ranker-cpu: mounts: none holds"),
        (MANIFEST, "kind: Deployment", "kind: [Deployment", "kubernetes/cpu/deployment.yaml: line 3: is no YAML"),
        (MANIFEST, "containerPort: 8500", 'containerPort: "8500"', "spec.template.spec.containers.0.ports.0.containerPort"),
        (MANIFEST, "  strategy:", "  strategies:", "Additional properties are not allowed ('strategies' was unexpected)"),
        (MANIFEST, "apps/v1", "apps/v9", "apiVersion: Kubernetes 1.37.0 has no kind 'Deployment'"),
        (MANIFEST, "containerPort: 8501", "containerPort: 8601", "containerPort 'rest': is 8601, start_cpu.sh opens 8501"),
        (MANIFEST, 'port: "8501"', 'port: "8502"', "prometheus.io/port: is '8502', TF Serving's is '8501'"),
        (MANIFEST, "path: /monitoring/prometheus", "path: /metrics", "prometheus.io/path: is '/metrics/metrics'"),
        (MANIFEST, "quickstart/labels/stable/metadata", "quickstart/labels/stable", "answers 200 in every state"),
        (MANIFEST, "labels/stable/metadata", "labels/old/metadata", "label 'old' is not in models.config"),
        (MANIFEST, "/labels/stable/metadata", "/metadata", "names no label, so that it does not wait for stable"),
        (MANIFEST, "models/quickstart/labels", "models/shop/labels", "asks for model 'shop', 'quickstart' is served"),
        (MANIFEST, "/v1/models/", "/v2/models/", "is no path of TF Serving's REST interface"),
        (MANIFEST, "startupProbe", "startProbe", "startupProbe: is missing"),
        (MANIFEST, "port: 8500\n", "port: 8600\n", "livenessProbe: asks port 8600"),
        ("start_cpu.sh", "healthcheck_service=true", "healthcheck_service=false", "asks the gRPC health service, which"),
        (MANIFEST, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "securityContext.readOnlyRootFilesystem"),
        (MANIFEST, "drop: [ALL]", "add: [SYS_ADMIN]", "securityContext.capabilities: leaves more rights"),
        (MANIFEST, "runAsNonRoot: true", "runAsNonRoot: false", "securityContext.runAsNonRoot: leaves more rights"),
        (MANIFEST, "runAsUser: 65532", "runAsUser: 0", "securityContext.runAsUser: leaves more rights"),
        (MANIFEST, "limits:\n              cpu", "limits:\n              example.com/x", "resources.limits.cpu: is missing"),
        (GPU, 'nvidia.com/gpu: "1"', 'example.com/gpu: "1"', "resources.limits.nvidia.com/gpu: is missing"),
        (MANIFEST, "serving:2.21.0", "serving:latest", "image: 'tensorflow/serving:latest' names no exact version"),
        (MANIFEST, "serving:2.21.0", "serving:2.19.1", "is older than the bundle's TensorFlow 2.21.0"),
        (MANIFEST, "/config/start_cpu.sh", "/config/start.sh", "command: ['/bin/sh', '/config/start.sh'] starts no script"),
        (MANIFEST, "mountPath: /models", "mountPath: /served", "mounts: none holds '/models/quickstart'"),
        (MANIFEST, "claimName: shelfrank-models", "claimName: shop", "volumes: there is no claim 'shop'"),
        (MANIFEST, "name: shelfrank-config", "name: shop-config", "makes no 'shop-config' but ['shelfrank-config']"),
        (MANIFEST, "- key: monitoring.config", "- key: batching_parameters.txt", "'monitoring.config', which start_cpu.sh"),
        ("kubernetes/apply.sh", '"$kit/monitoring.config"', '"$kit/models.config"', "'monitoring.config', which Deployment"),
        (SERVICE, "port: 8501", "port: 80", "Service shelfrank: port 'rest': is 80, TF Serving's is 8501"),
        (SERVICE, "targetPort: grpc", "targetPort: http", "Service shelfrank: port 'grpc': targetPort 'http'"),
        (SERVICE, "selector:\n    app.kubernetes.io/name: shelfrank", "selector:\n    app: shop", "app=shop selects no pod"),
        ("kubernetes/pod-disruption-budget.yaml", "matchLabels:\n      app.kubernetes.io/name", "matchLabels:\n      app",
         "PodDisruptionBudget shelfrank: selector: app=shelfrank selects no pod"),
        (HPA, "    name: shelfrank-cpu\n  min", "    name: shop\n  min", "scaleTargetRef: there is no Deployment 'shop'"),
        (HPA, "minReplicas: 2", "minReplicas: 20", "minReplicas: 20 is above maxReplicas 8"),
        (PROMETHEUS, "ranker:8501", "ranker:8500", "targets: 'ranker:8500' is not at REST port 8501"),
        (PROMETHEUS, "ranker:8501", "shop:8501", "targets: 'shop' is no server of compose.yaml"),
        (PROMETHEUS, "- rules.yml", "- alerts.yml", "rule_files[0]: there is no file 'alerts.yml'"),
        ("prometheus/kubernetes.yml", "/monitoring/prometheus/metrics", "/metrics", "metrics_path: is '/metrics'"),
        (RULES, "queuing_latency_bucket", "queueing_latency_bucket", "TF Serving exports no series ':tensorflow:serving:b"),
        (RULES, "request_latency_count", "request_latency", "':tensorflow:serving:request_latency'; there are"),
        (RULES, 'API="Predict", e', 'api="Predict", e', "has no label 'api'; its labels are API, entrypoint, model_name"),
        (RULES, "[10m])) > 1.5", "[10m]) > 1.5", "rule 'ShelfrankVersionDoesNotLoad': is no PromQL: '(' is not closed"),
        (RULES, 'up{job="shelfrank"} == 0', 'up{job="shop"} == 0', "rule 'ShelfrankServerDown': names job 'shop'"),
        (RULES, "  - name: shelfrank-alerts", "  name: shelfrank-alerts", "prometheus/rules.yml: line"),
        (DASHBOARD, "shelfrank:refused:rate5m", "shelfrank:refusals:rate5m", "exports no series 'shelfrank:refusals:rate5m'"),
        (DASHBOARD, "request_count{job", "requests{job", "TF Serving exports no series ':tensorflow:serving:requests'"),
        (DASHBOARD, '"panels": [', '"panels": {', "grafana/shelfrank.json: line"),
    ],
)  # fmt: skip
def test_damage_is_found(file: str, old: str, new: str, expected: str, change: Change, findings: Findings):
    change(file, old, new)
    found = findings()
    assert any(expected in line for line in found), found
    assert all("; " in line and "\n" not in line for line in found)


@pytest.mark.parametrize("file", ["models.config", "batching_parameters.txt", "start_gpu.sh", "compose.yaml"])
def test_a_file_that_is_missing_is_found(file: str, kit: Path, findings: Findings):
    (kit / file).unlink()
    assert (
        f"{file}: file: cannot be read: No such file or directory; put it there, as configs/tf_serving has it"
        in findings()
    )


@pytest.mark.parametrize(
    ("file", "kind"), [(SERVICE, "Service"), ("kubernetes/pod-disruption-budget.yaml", "PodDisruptionBudget")]
)
def test_a_resource_that_is_missing_is_found(file: str, kind: str, kit: Path, findings: Findings):
    (kit / file).unlink()
    assert any(line.startswith(f"kubernetes: {kind}: there is none") for line in findings())


def test_a_tls_config_is_parsed_and_a_grpc_probe_refused_beside_it(kit: Path, change: Change, findings: Findings):
    (kit / "ssl.config").write_text('server_key: "k"\nserver_crt: "c"\n')
    change("start_cpu.sh", '"$@"', '--ssl_config_file="$config/ssl.config" "$@"')
    found = findings()
    assert any(line.startswith("ssl.config: line 2: is no SSLConfig") for line in found)
    assert any("livenessProbe: a grpc probe speaks no TLS" in line for line in found)


def test_all_errors_of_one_manifest_are_found(change: Change, findings: Findings):
    change(MANIFEST, "  strategy:", "  strategies:")
    change(MANIFEST, "failureThreshold: 120", 'failureThreshold: "many"')
    found = findings()
    assert sum("see the API of Kubernetes" in line for line in found) == 2, found


def test_all_findings_come_at_once(change: Change, findings: Findings):
    change("models.config", '"tensorflow"', '"torch"')
    change("compose.yaml", "8501:8501", "8501:9501")
    change(SERVICE, "port: 8501", "port: 80")
    change(DASHBOARD, "request_count{job", "requests{job")
    assert {line.partition(":")[0] for line in findings()} == {"models.config", "compose.yaml", SERVICE, DASHBOARD}
