"""`python -m serving.local --port=8500 --model_name=shelfrank --model_base_path=DIR`."""

import logging
import os
import sys

from serving.local.errors import ServerError
from serving.local.flags import parse_flags
from serving.local.model_directory import check_base_path


def main() -> int:
    """Serve until a signal comes.

    Returns:
        The exit code: 0 after a signal, 2 for flags or a model that cannot be served.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # TensorFlow reads it when it is imported: its warnings about the machine are no news here.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        flags = parse_flags()
        check_base_path(flags)
        from serving.local.server import serve_until_stopped

        serve_until_stopped(flags)
    except ServerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
