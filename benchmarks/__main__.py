"""`python -m benchmarks NAME [arguments]`."""

import importlib
import sys

NAMES = {
    "accuracy": "joint, camera and clock errors on every clip with truth",
    "sync": "offset errors on hundreds of virtual pairs of phones",
    "robustness": "hundreds of virtual takes against calibrated triangulation, and hopeless ones",
    "lifting": "hidden limbs, lost views, single videos, and training without labels",
    "motion": "feet, smoothness and contacts before and after the clean-up",
    "hands": "finger joints of acted hands, drawn and found, or projected",
    "shake": "rendered clips as phones that were knocked or held in the hand would film them",
    "peers": "other programs on the same detections, with calibrated cameras",
    "rigs": "bone maps, angles, feet and hands, FBX and seconds for every family of rigs",
    "people": "several performers against each of them solved alone",
    "volume": "people found by volumes against their geometric association, part by part",
    "correction": "what ten keypoints that are put right by hand bring, and what that costs",
    "speed": "seconds and memory by stage, and how they grow with length",
}


def main() -> int:
    """Hand over to the bench that was named."""
    name, arguments = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    if name not in NAMES:
        lines = [f"  {known:10} {meaning}" for known, meaning in NAMES.items()]
        print("usage: ./run bench NAME [--quick] [--write-docs]", *lines, sep="\n")
        return 0 if name in ("", "-h", "--help") else 2
    return importlib.import_module(f"benchmarks.{name}").main(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
