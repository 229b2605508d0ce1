"""The main job: a plate's wells through named functions, to images, numbers and pictures.

The parts: what is asked (`job`, `steps`), one well (`well`), who runs the wells (`executors`), and
the whole run with its folder (`run`).
"""
