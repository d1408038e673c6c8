#!/usr/bin/env python3
"""Makes src/awsapi/shapes/<service>.json from AWS's public API models.

    tools/import_shapes.py /usr/lib/python3/dist-packages/botocore/data

The argument is the data directory of any botocore (Debian: python3-botocore). The models are
Copyright Amazon.com, Inc., Apache License 2.0 (see NOTICE). Only what the protocols and the
validation need of the operations in tools/operations.txt is carried over: documentation is
left out. The same models give the same bytes.
"""

import gzip
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
METADATA = ("apiVersion", "endpointPrefix", "globalEndpoint", "jsonVersion", "protocol", "signingName",
            "targetPrefix", "xmlNamespace")
SHAPE_TRAITS = ("type", "required", "enum", "min", "max", "pattern", "flattened", "sensitive", "timestampFormat", "payload")
MEMBER_TRAITS = ("shape", "location", "locationName", "queryName", "flattened", "jsonvalue", "timestampFormat")
REST_PROTOCOLS = ("rest-json",)  # in these, method and path say which operation is meant


def wanted_operations():
    wanted = {}
    with open(os.path.join(ROOT, "tools", "operations.txt"), encoding="utf-8") as file:
        for line in file:
            line = line.split("#")[0].strip()
            if line:
                service, names = line.split(":")
                wanted.setdefault(service.strip(), []).extend(names.split())
    return wanted


def read_model(data, service):
    versions = sorted(os.listdir(os.path.join(data, service)))
    path = os.path.join(data, service, versions[-1], "service-2.json")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    with gzip.open(path + ".gz", "rt", encoding="utf-8") as file:
        return json.load(file)


def reference(ref):
    """A use of a shape: its name alone where nothing else is said."""
    kept = {trait: ref[trait] for trait in MEMBER_TRAITS if trait in ref}
    return kept["shape"] if len(kept) == 1 else kept


def global_endpoints(data):
    """endpointPrefix -> the host name of the services that have one endpoint for all Regions. Not every model says so itself."""
    with open(os.path.join(data, "endpoints.json"), encoding="utf-8") as file:
        services = json.load(file)["partitions"][0]["services"]
    return {name: service["endpoints"][service["partitionEndpoint"]]["hostname"]
            for name, service in services.items() if "partitionEndpoint" in service}


def shape_data(shape):
    kept = {trait: shape[trait] for trait in SHAPE_TRAITS if trait in shape}
    if kept.get("required") == []:
        del kept["required"]
    if "members" in shape:
        kept["members"] = {name: reference(ref) for name, ref in shape["members"].items()}
    for part in ("member", "key", "value"):
        if part in shape:
            kept[part] = reference(shape[part])
    return kept


def references_of(shape):
    for ref in shape.get("members", {}).values():
        yield ref["shape"]
    for part in ("member", "key", "value"):
        if part in shape:
            yield shape[part]["shape"]


def reachable(model, roots):
    found, pending = set(), list(roots)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending.extend(references_of(model["shapes"][name]))
    return sorted(found)


def operation_data(operation, protocol):
    kept = {}
    for part in ("input", "output"):
        if part in operation:
            kept[part] = operation[part]["shape"]
    wrapper = operation.get("output", {}).get("resultWrapper")
    if wrapper:
        kept["resultWrapper"] = wrapper
    status = operation.get("http", {}).get("responseCode", 200)
    if protocol in REST_PROTOCOLS and status != 200:
        kept["responseCode"] = status
    return kept


def routes_of(model):
    """Every operation's method and path, also of those that are not carried over."""
    return {name: f"{operation['http']['method']} {operation['http']['requestUri']}"
            for name, operation in sorted(model["operations"].items())}


def errors_of(model):
    """Every error code of the service -> its HTTP status."""
    errors = {}
    for name, shape in model["shapes"].items():
        if shape.get("exception"):
            declared = shape.get("error", {})
            status = declared.get("httpStatusCode", 500 if shape.get("fault") else 400)
            errors[declared.get("code", name)] = status
    return dict(sorted(errors.items()))


def message_member(model):
    """`message` or `Message`: whichever the service's errors carry more often."""
    names = [member for shape in model["shapes"].values() if shape.get("exception")
             for member in shape.get("members", {}) if member.lower() == "message"]
    return "Message" if names.count("Message") > names.count("message") else "message"


def import_service(model, service, names, global_endpoint):
    protocol = model["metadata"]["protocol"]
    operations = {name: operation_data(model["operations"][name], protocol) for name in sorted(set(names))}
    roots = [operation[part] for operation in operations.values() for part in ("input", "output") if part in operation]
    head = {"service": service, "source": "botocore's service-2.json, Apache-2.0, Amazon.com, Inc."}
    metadata = {"globalEndpoint": global_endpoint} if global_endpoint else {}
    metadata |= model["metadata"]
    head |= {key: metadata[key] for key in METADATA if key in metadata}
    head["errorMessage"] = message_member(model)
    head["errors"] = errors_of(model)
    head["others"] = sorted(set(model["operations"]) - set(operations))
    if protocol in REST_PROTOCOLS:
        head["routes"] = routes_of(model)
    shapes = {name: shape_data(model["shapes"][name]) for name in reachable(model, roots)}
    return head, operations, shapes


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def write(path, head, operations, shapes):
    """One line an entry, so that a newer model's changes can be read as a diff."""
    lines = [f"{compact(key)}:{compact(value)}" for key, value in head.items()]
    for title, table in (("operations", operations), ("shapes", shapes)):
        entries = ",\n".join(f"{compact(name)}:{compact(data)}" for name, data in table.items())
        lines.append(f"{compact(title)}:{{\n{entries}}}")
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.write("{" + ",\n".join(lines) + "}\n")


def main():
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        sys.exit(__doc__)
    hosts = global_endpoints(sys.argv[1])
    for service, names in sorted(wanted_operations().items()):
        model = read_model(sys.argv[1], service)
        unknown = sorted(set(names) - set(model["operations"]))
        if unknown:
            sys.exit(f"{service} has no operation {', '.join(unknown)}: correct tools/operations.txt")
        path = os.path.join(ROOT, "src", "awsapi", "shapes", service + ".json")
        write(path, *import_service(model, service, names, hosts.get(model["metadata"]["endpointPrefix"])))
        print(f"{os.path.relpath(path, ROOT)}: {len(set(names))} operations, {os.path.getsize(path)} bytes")


if __name__ == "__main__":
    main()
