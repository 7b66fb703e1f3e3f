# What people do with Python's client. Each step prints a line of JSON; any surprise ends it with an error.
# usage: python.py KUBECONFIG NAMESPACE IMAGE ROUNDS
import json
import sys
import threading

from kubernetes import client, config, watch
from kubernetes.client.rest import ApiException
from kubernetes.dynamic import DynamicClient
from kubernetes.stream import stream

kubeconfig, namespace, image, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
config.load_kube_config(kubeconfig)
core = client.CoreV1Api()
apps = client.AppsV1Api()


def say(step, **facts):
    print(json.dumps({"step": step, **facts}), flush=True)


def follow(seen, ready):
    watcher = watch.Watch()
    ready.set()
    for event in watcher.stream(core.list_namespaced_config_map, namespace, label_selector="of=loop", timeout_seconds=60):
        seen.append((event["type"], event["object"].metadata.name, (event["object"].data or {}).get("round")))
        if event["type"] == "DELETED":
            watcher.stop()


seen, ready = [], threading.Event()
follower = threading.Thread(target=follow, args=(seen, ready))
follower.start()
ready.wait()
body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="loop", labels={"of": "loop"}), data={"round": "0"})
core.create_namespaced_config_map(namespace, body)
for number in range(1, rounds + 1):
    core.patch_namespaced_config_map("loop", namespace, {"data": {"round": str(number)}})
    listed = core.list_namespaced_config_map(namespace, label_selector="of=loop", limit=1)
    assert [item.data["round"] for item in listed.items] == [str(number)], listed
try:
    stale = core.read_namespaced_config_map("loop", namespace)
    stale.metadata.resource_version = "1"
    core.replace_namespaced_config_map("loop", namespace, stale)
    raise AssertionError("a stale object was written")
except ApiException as error:
    assert error.status == 409 and json.loads(error.body)["reason"] == "Conflict", error
core.delete_namespaced_config_map("loop", namespace)
follower.join(60)
say("watch", types=[kind for kind, _, _ in seen], rounds=[number for _, _, number in seen])

dynamic = DynamicClient(client.ApiClient())
maps = dynamic.resources.get(api_version="v1", kind="ConfigMap")
wanted = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied", "namespace": namespace}}
for number in range(rounds):
    body = json.dumps({**wanted, "data": {"n": str(number)}})
    applied = maps.server_side_apply(name="applied", body=body, namespace=namespace, field_manager="python")
    assert applied.data.n == str(number), applied
say("apply", managers=[entry.manager for entry in applied.metadata.managedFields])

pod = client.V1Pod(
    metadata=client.V1ObjectMeta(name="python"),
    spec=client.V1PodSpec(
        termination_grace_period_seconds=1,
        containers=[client.V1Container(name="main", image=image, command=["sleep", "1000"])],
    ),
)
core.create_namespaced_pod(namespace, pod)
for event in watch.Watch().stream(
    core.list_namespaced_pod, namespace, field_selector="metadata.name=python", timeout_seconds=60
):
    if event["object"].status.phase == "Running":
        break
words = []
for number in range(rounds):
    told = stream(
        core.connect_get_namespaced_pod_exec,
        "python",
        namespace,
        command=["echo", f"round {number}"],
        stdout=True,
        stderr=True,
        stdin=False,
        tty=False,
    )
    words.append(told.strip())
say("exec", words=words)

deployment = apps.create_namespaced_deployment(
    namespace,
    client.V1Deployment(
        metadata=client.V1ObjectMeta(name="python"),
        spec=client.V1DeploymentSpec(
            replicas=0,
            selector=client.V1LabelSelector(match_labels={"app": "python"}),
            template=client.V1PodTemplateSpec(metadata=client.V1ObjectMeta(labels={"app": "python"}), spec=pod.spec),
        ),
    ),
)
apps.patch_namespaced_deployment_scale("python", namespace, {"spec": {"replicas": 1}})
say("scale", replicas=apps.read_namespaced_deployment_scale("python", namespace).spec.replicas)
core.delete_namespaced_pod("python", namespace, grace_period_seconds=0)
apps.delete_namespaced_deployment("python", namespace)
