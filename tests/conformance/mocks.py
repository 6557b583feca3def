"""liner against mocks that others wrote, with the faults that they can play."""

import sys
import time

from aimock import SCENARIOS as OF_AIMOCK
from completions import SCENARIOS as OF_COMPLETIONS
from llmock_verdict import SCENARIOS as OF_LLMOCK


def main(wanted):
    known = [*OF_LLMOCK, *OF_AIMOCK, *OF_COMPLETIONS]
    for scenario in [one for one in known if one.__name__ in wanted] if wanted else known:
        name, began = f"{scenario.__module__.split('_')[0]}: {scenario.__doc__}", time.monotonic()
        try:
            detail = scenario()
        except AssertionError as error:
            print(f"FAIL  {name} ({scenario.__name__})\n{error}", flush=True)
            return 1
        print(f"ok    {name}: {detail} ({time.monotonic() - began:.0f} s)", flush=True)
    return 0


sys.exit(main(sys.argv[1:]))
