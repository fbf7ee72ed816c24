"""EmoCue-Eval: run any system on a task, score it, and test that its answers rest on evidence."""
