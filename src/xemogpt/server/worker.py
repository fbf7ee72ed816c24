"""The process that decodes and explains: JSON lines in, JSON lines out.

It runs apart from the server so that hostile media can at worst end it. Its memory is limited by
the kernel, its time by the server, which kills it; and it ends itself when the server is gone.
"""

import json
import os
import queue
import resource
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import IO, Any

from xemogpt.errors import XEmoGPTError
from xemogpt.server.limited import Cancelled, TellingWriter, check_media, kind_of

_Order = dict[str, Any]


class Worker:
    """Owns one Explainer, or one metric, and serves orders one after the other.

    Args:
        out: where events go, a JSON object a line.
        options: what to load; see ``WorkerProcess``.
    """

    def __init__(self, out: IO[str], options: dict[str, Any]) -> None:
        self._out, self._options = out, options
        self._writing = threading.Lock()
        self.cancelled: set[str] = set()
        self._metrics: dict[str, Any] = {}

    def tell(self, event: str, **fields: Any) -> None:
        """Send an event to the server."""
        line = json.dumps({"event": event, **fields}, ensure_ascii=True, allow_nan=False)
        with self._writing:
            self._out.write(line + "\n")
            self._out.flush()

    def load(self) -> None:
        """Load what is needed before the first order.

        Raises:
            XEmoGPTError: if it cannot be loaded.
        """
        if self._options["role"] == "score":
            self.tell("ready", batch_size=1)
            return
        from xemogpt.inference import Explainer
        from xemogpt.inference.writers import MeasuredWriter, ModelWriter, Writer
        from xemogpt.signals import Meter

        options = self._options
        writer: Writer = MeasuredWriter()
        if not options["is_measured"]:
            writer = ModelWriter(
                options["model"],
                device=options["device"],
                batch_size=options["batch_size"],
                max_new_tokens=options["max_new_tokens"],
            )
        self._explainer = Explainer(writer, Meter(num_threads=options["threads"]))
        self._explainer.meter.weights()
        if options["threads"] == 1:
            import cv2

            cv2.setNumThreads(1)
        self.tell("ready", batch_size=self._explainer.writer.batch_size)

    def serve(self, order: _Order) -> None:
        """Carry out one order; every item in it gets ``done`` or ``failed``, then ``idle``."""
        if order["do"] == "score":
            self._score(order)
        else:
            items = [item for item in order["items"] if item["id"] not in self.cancelled]
            self._explain(items)
        self.tell("idle")

    def _explain(self, items: Sequence[_Order]) -> None:
        """Explain together; if something unforeseen spoils all, each alone."""
        told: set[str] = set()
        try:
            self._explain_together(items, told)
        except Cancelled:
            pass  # the server has answered already
        except Exception as error:
            left = [item for item in items if item["id"] not in told]
            if len(items) > 1:
                for item in left:
                    self._explain([item])
                return
            for item in left:
                self.tell("failed", id=item["id"], kind=kind_of(error), detail=_one_line(error))

    def _explain_together(self, items: Sequence[_Order], told: set[str]) -> None:
        from xemogpt.inference import Explainer, Failure, Request

        given: list[_Order] = []
        ids: dict[int, str] = {}
        kept: list[Request] = []  # alive, so that no two share an identity
        writer = TellingWriter(self._explainer.writer, ids, self.tell, self._is_unwanted(items))
        explainer = Explainer(writer, self._explainer.meter)

        def requests() -> Iterator[Request]:
            for item in items:
                try:
                    duration_s = check_media(item)
                except XEmoGPTError as error:
                    told.add(item["id"])
                    self.tell("failed", id=item["id"], kind=kind_of(error), detail=_one_line(error))
                    continue
                self.tell("probed", id=item["id"], duration_s=round(duration_s, 3))
                # With a line break the words can never be taken for the name of a file.
                words = None if item["subtitle"] is None else item["subtitle"] + "\n"
                request = Request(item["media"], words, item["audio"])
                ids[id(request)] = item["id"]
                given.append(item)
                kept.append(request)
                explainer.use_recognition = item["recognise"]
                yield request

        for number, result in enumerate(explainer.explain_each(requests())):
            ident = given[number]["id"]
            told.add(ident)
            if isinstance(result, Failure):
                detail = _one_line(result.error)
                self.tell("failed", id=ident, kind=kind_of(result.error), detail=detail)
            else:
                self.tell("done", id=ident, result=result.model_dump(mode="json"))

    def _is_unwanted(self, items: Sequence[_Order]) -> Any:
        """Whether all the work at hand has been cancelled."""
        return lambda: all(item["id"] in self.cancelled for item in items)

    def _score(self, order: _Order) -> None:
        from xemogpt.metrics import EmoCue360
        from xemogpt.metrics.extraction import RuleExtractor

        extractor = RuleExtractor()

        def cues(samples: dict[str, Any]) -> dict[str, Any]:
            return {
                name: extractor.extract(given).cues if isinstance(given, str) else given
                for name, given in samples.items()
            }

        try:
            protocol = order["protocol"]
            if protocol not in self._metrics:
                self._metrics[protocol] = EmoCue360(protocol)
            report = self._metrics[protocol].score(
                cues(order["predictions"]),
                cues(order["references"]),
                use_baselines=order["baselines"],
                seed=order["seed"],
            )
            self.tell("done", id=order["id"], result=report.to_dict())
        except Exception as error:
            self.tell("failed", id=order["id"], kind=kind_of(error), detail=_one_line(error))


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:1000] or type(error).__name__


def _listen(orders: "queue.Queue[_Order]", worker: Worker) -> None:
    """Read orders; at the end of the input, which is the end of the server, end at once."""
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "cancel":
            worker.cancelled.add(order["id"])
        else:
            orders.put(order)
    os._exit(0)


def main() -> None:
    """Serve orders until the input ends."""
    options = json.loads(sys.stdin.readline())
    # Libraries may print; events have a channel of their own.
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    memory = options["memory_bytes"]
    # Private memory: mapped weights and the address space that drivers reserve do not count.
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    worker = Worker(out, options)
    try:
        worker.load()
    except XEmoGPTError as error:
        worker.tell("unable", detail=_one_line(error))
        return
    orders: queue.Queue[_Order] = queue.Queue()
    threading.Thread(target=_listen, args=(orders, worker), daemon=True).start()
    while True:
        worker.serve(orders.get())


if __name__ == "__main__":
    main()
