"""E3: what each bridge is worth: the model full, without VECB, without AECB, plain, text only.

    python benchmarks/e3_xemogpt.py --work runs/e3 --out docs/e3 --set data.corpus=...

A bridge that is left out is a linear projection, without pretraining, of the same frozen features.
Interrupted, the same command goes on. Cheating answers stand in the same table.
"""

from variants import Variant, compare, options_of, run_variants, write

NO_VECB = ("model.changes.video_bridge.num_layers=0", "model.video_bridge=null")
NO_AECB = ("model.changes.audio_bridge.num_layers=0", "model.audio_bridge=null")
BLIND = ("model.changes.video=null", "model.video_bridge=null", "features.video=null")
DEAF = ("model.changes.audio=null", "model.audio_bridge=null", "features.audio=null")
VARIANTS = (
    Variant("full"),
    Variant("without VECB", NO_VECB),
    Variant("without AECB", NO_AECB),
    Variant("plain projection", NO_VECB + NO_AECB),
    # Of words alone nothing but the emotion can be told; samples without one teach nothing.
    Variant("text only", (*BLIND, *DEAF, "data.on_bad=skip")),
)


def main() -> None:
    """Train, run, compare, write."""
    options = options_of(__doc__ or "").parse_args()
    runs = run_variants(VARIANTS, options)
    write(compare(runs, options, "full"), options.out, "E3: what each bridge is worth")


if __name__ == "__main__":
    main()
