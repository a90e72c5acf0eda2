#!/usr/bin/env python3
"""usage: image_archive.py ARCHIVE

Writes ARCHIVE.gz from an image archive of buildah or docker, without what names the machine and the moment of the build
(a host name, a container's number, an earlier format's copies), so that two builds of the same sources are the same bytes.
"""

import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile

OF_THE_BUILD = ("container", "container_config", "docker_version")


def settled(config):
    config = {name: value for name, value in config.items() if name not in OF_THE_BUILD}
    config["config"] = {name: value for name, value in config["config"].items() if name not in ("Hostname", "Domainname", "Image")}
    return json.dumps(config, sort_keys=True, separators=(",", ":")).encode()


def add(archive, name, content):
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o644
    archive.addfile(entry, io.BytesIO(content))


def rewrite(source, target):
    with tarfile.open(source) as old, tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as new:
        [described] = json.load(old.extractfile("manifest.json"))
        config = settled(json.load(old.extractfile(described["Config"])))
        layers = []
        for layer in described["Layers"]:
            content = old.extractfile(layer).read()
            layers.append(f"{hashlib.sha256(content).hexdigest()}.tar")
            add(new, layers[-1], content)
        name = f"{hashlib.sha256(config).hexdigest()}.json"
        add(new, name, config)
        # Without a registry: docker, podman and containerd take it for one of their own.
        tags = sorted({tag.removeprefix("docker.io/library/").removeprefix("localhost/") for tag in described["RepoTags"]})
        add(new, "manifest.json", json.dumps([{"Config": name, "Layers": layers, "RepoTags": tags}]).encode())


def main(archive):
    with open(f"{archive}.gz", "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as target:
        rewrite(archive, target)
    pathlib.Path(archive).unlink()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__.splitlines()[0])
    main(sys.argv[1])
