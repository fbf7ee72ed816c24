"""Wordings of what the face shows, by the phrase of the cue vocabulary.

``benchmarks/prose.py --what phrases`` holds every expansion against the rule extractor and the
strict metric; wordings that did not read back as their phrase have been taken out.
"""

from xemogpt.emocue.annotators.prose_bank import Wording

FACE: dict[str, Wording] = {
    "smiles slightly": Wording(
        acts=("smiles [slightly|a little|a bit|faintly|lightly|just a little]",
              "[gives|shows|wears|offers|has|lets out] a [slight|small|faint|little|light] smile",
              "[is|can be seen] smiling [slightly|a little|faintly]"),
        states=("a [slight|small|faint|light] smile [appears|shows|plays|forms|sits|settles]"
                " [on|around] the [lips|mouth]",
                "a [slight|small|faint] smile [crosses|brightens|touches] the face",
                "the mouth [curves|moves|bends] into a [slight|small|faint] smile"),
        things=("a [slight|small|faint|little|light] smile", "[a hint|a trace|a touch] of a smile"),
    ),
    "smiles": Wording(
        acts=("smiles", "[gives|shows|wears|offers|has] a smile", "[is|can be seen] smiling",
              "smiles [visibly|openly|plainly|clearly]", "[breaks|moves] into a smile",
              "lets a smile [show|appear]"),
        states=("a smile [appears|shows|forms|sits|settles] [|on the face|on the lips|on the "
                "mouth]",
                "a smile [crosses|brightens|lights up] the face",
                "the [mouth|lips] [curves|moves|bends] into a smile",
                "the face [shows|wears|carries] a smile", "the mouth corners lift into a smile"),
        things=("a [|clear|plain|visible|full|definite] smile",),
    ),
    "smiles broadly": Wording(
        acts=("smiles [broadly|widely|with a wide mouth]",
              "[gives|shows|wears|offers|has|flashes] a [broad|wide|big] smile",
              "[is|can be seen] smiling [broadly|widely]",
              "[breaks|moves] into a [broad|wide|big] smile", "lets a [broad|wide|big] smile show"),
        states=("a [broad|wide|big] smile [appears|shows|spreads|forms|opens]"
                " [on|across] the [face|mouth]",
                "a [broad|wide|big] smile [crosses|brightens|lights up|fills] the face",
                "the mouth [spreads|opens|stretches] into a [broad|wide|big] smile",
                "the face [shows|wears|carries] a [broad|wide|big] smile"),
        things=("a [broad|wide|big|very broad] smile",),
    ),
    "smiles with one corner of the mouth": Wording(
        acts=("smiles with [only |just |][one corner|one side] of the mouth",
              "[gives|shows|wears|has] a [one-sided|lopsided] smile",
              "lifts [only |][one corner|one side] of the mouth in a smile",
              "smiles on [only |][one side] of the mouth"),
        states=("a [one-sided|lopsided] smile [appears|shows|forms] [|on the face|on the mouth]",
                "one [corner|side] of the mouth [lifts|rises|goes up] in a smile",
                "[only |][one corner|one side] of the mouth smiles"),
        things=("a [one-sided|lopsided] smile", "a smile with one corner of the mouth",
                "a smile on one side of the mouth"),
    ),
    "draws the mouth wide with the lips together and the eyes shut": Wording(
        acts=("[draws|pulls|stretches] the mouth wide with the lips together and the eyes"
              " [shut|closed]",
              "grimaces with [the|] [lips and eyes|eyes and lips] [shut|closed]",
              "[draws|pulls|stretches] the mouth wide with [lips and eyes|eyes and lips] "
              "[shut|closed]",
              "[draws|pulls|stretches] the closed mouth wide with the eyes [shut|closed]",
              "[draws|pulls|stretches] the mouth wide over closed lips with shut eyes"),
        states=("the mouth is [drawn|pulled|stretched] wide with [|the ][lips and eyes|eyes and "
                "lips]"
                " [shut|closed]",
                "the closed mouth is [drawn|pulled|stretched] wide with the eyes [shut|closed]"),
        things=("a grimace with the lips together and the eyes [shut|closed]",
                "a wide-drawn mouth with [lips and eyes|eyes and lips] [shut|closed]"),
    ),
    "the corners of the mouth turn down": Wording(
        acts=("[turns|pulls|draws|drags] the corners of the mouth [down|downwards]",
              "[turns|pulls|draws] down the corners of the mouth",
              "lets the corners of the mouth [drop|sink|sag|droop]"),
        states=("the [corners of the mouth|mouth corners] [turn|go|point|drop|sink]"
                " [down|downwards]",
                "the [corners of the mouth|mouth corners] are [turned|pulled|drawn] "
                "[down|downwards]",
                "the [corners of the mouth|mouth corners] [droop|sag|drop|sink]",
                "the mouth [turns|bends|curves] down at the corners"),
        things=("mouth corners [turned|pulled|drawn] [down|downwards]",
                "a mouth [turned|bent|drawn] down at the corners", "downturned mouth corners"),
    ),
    "the mouth is open": Wording(
        acts=("[keeps|holds|leaves|has] the mouth open", "opens the mouth"),
        states=("the mouth [is|stays|hangs|stands|remains|is held|is kept|is left] open",
                "the mouth [is opened|opens]"),
        things=("an open mouth", "a mouth that [stays|hangs|stands|remains] open"),
    ),
    "the mouth is wide open": Wording(
        acts=("[keeps|holds|has] the mouth wide open", "opens the mouth [wide|widely|far]"),
        states=("the mouth [is|stays|hangs|stands|remains|is held|is kept] wide open",
                "the mouth [is opened|opens] wide", "the mouth is open wide"),
        things=("a [wide open|wide-open] mouth", "a mouth that [stays|hangs|stands] wide open"),
    ),
    "presses the lips together": Wording(
        acts=("[presses|squeezes|pushes|clamps|tightens] the lips [|firmly ]together",
              "[keeps|holds] the lips [pressed|pressed together|squeezed together|tight]",
              "[presses|squeezes] both lips together"),
        states=("the lips [are|stay|remain|are held] [pressed|squeezed|clamped] together",
                "the lips [press|squeeze] together", "the lips are [tightly|firmly] pressed"),
        things=("[pressed|tightly pressed|firmly pressed] lips",
                "lips [pressed|squeezed|clamped] together"),
    ),
    "the mouth moves as in speech": Wording(
        acts=("moves the mouth as in [speech|talking]", "moves the lips as in speech",
              "can be seen talking"),
        states=("the [mouth|lips] [move|moves] as in [speech|talking]",
                "the mouth moves as if [speaking|talking]"),
        things=("mouth movements as in speech", "a mouth moving as in speech"),
    ),
    "raises the eyebrows slightly": Wording(
        acts=("[raises|lifts] [the|both] [eyebrows|brows] [slightly|a little|a bit|just a little]",
              "[slightly|gently] [raises|lifts] the [eyebrows|brows]"),
        states=("the [eyebrows|brows] [rise|lift|go up|move up] [slightly|a little|a bit]",
                "the [eyebrows|brows] are [slightly|a little] [raised|lifted]"),
        things=("[slightly|gently|a little] [raised|lifted] [eyebrows|brows]",
                "a [slight|small] [raise|lift] of the [eyebrows|brows]"),
    ),
    "raises the eyebrows": Wording(
        acts=("[raises|lifts] [the|both] [eyebrows|brows]", "pulls the [eyebrows|brows] up",
              "[has|keeps|holds] the [eyebrows|brows] raised"),
        states=("[the|both] [eyebrows|brows] [rise|lift|go up|move up|are raised|are lifted]",
                "the [eyebrows|brows] [stay|remain|are held] raised"),
        things=("[raised|lifted] [eyebrows|brows]", "a [raise|lift] of the [eyebrows|brows]"),
    ),
    "raises the eyebrows high": Wording(
        acts=("[raises|lifts] [the|both] [eyebrows|brows] [high|very high|far up|high up]",
              "pulls the [eyebrows|brows] high up"),
        states=("[the|both] [eyebrows|brows] [rise|go up|move up] [high|very high|far]",
                "the [eyebrows|brows] are [raised|lifted] [high|very high]"),
        things=("[eyebrows|brows] [raised|lifted] [high|very high]",
                "[highly raised|high-raised] [eyebrows|brows]"),
    ),
    "draws the inner ends of the eyebrows up": Wording(
        acts=("[draws|pulls|lifts|raises] the inner [ends|corners] of the [eyebrows|brows] [|up]",
              "[draws|pulls] up the inner [ends|corners] of the [eyebrows|brows]"),
        states=("the inner [ends|corners] of the [eyebrows|brows] [rise|go up|move up|lift]",
                "the inner [ends|corners] of the [eyebrows|brows] are [drawn up|pulled "
                "up|raised|lifted]"),
        things=("[eyebrows|brows] drawn up at the inner [ends|corners]",
                "[raised|lifted] inner ends of the [eyebrows|brows]"),
    ),
    "lowers the eyebrows slightly": Wording(
        acts=("[lowers|drops] [the|both] [eyebrows|brows] [slightly|a little|a bit|just a little]",
              "[draws|pulls] the [eyebrows|brows] down [slightly|a little|a bit]",
              "slightly lowers the [eyebrows|brows]"),
        states=("the [eyebrows|brows] [sink|drop|go down|move down|come down] [slightly|a "
                "little|a bit]",
                "the [eyebrows|brows] are [slightly|a little] lowered"),
        things=("[slightly|a little|gently] lowered [eyebrows|brows]",
                "a [slight|small] lowering of the [eyebrows|brows]"),
    ),
    "lowers the eyebrows": Wording(
        acts=("[lowers|drops] [the|both] [eyebrows|brows]", "[draws|pulls] the [eyebrows|brows] "
              "down",
              "[has|keeps|holds] the [eyebrows|brows] lowered"),
        states=("[the|both] [eyebrows|brows] [sink|drop|go down|move down|come down|are "
                "lowered|are pulled down]",
                "the [eyebrows|brows] [stay|remain|are held] lowered"),
        things=("lowered [eyebrows|brows]", "a lowering of the [eyebrows|brows]"),
    ),
    "knits the eyebrows": Wording(
        acts=("knits [the|both] [eyebrows|brows] [|together]",
              "[draws|pulls|squeezes] the [eyebrows|brows] together",
              "furrows the [eyebrows|brows]"),
        states=("the [eyebrows|brows] are [knitted|furrowed|drawn together|pulled together]",
                "the [eyebrows|brows] [knit|draw|pull] together"),
        things=("[knitted|furrowed] [eyebrows|brows]", "[eyebrows|brows] drawn together"),
    ),
    "widens the eyes": Wording(
        acts=("widens [the|both] eyes", "opens the eyes [wide|widely|wider]",
              "[has|keeps|holds] the eyes wide open"),
        states=("[the|both] eyes [widen|open wide|are widened|are wide open|grow wide|go "
                "wide|get wide]",
                "the eyes [stay|remain|are held] wide"),
        things=("[widened|wide|wide-open] eyes", "a widening of the eyes"),
    ),
    "narrows the eyes": Wording(
        acts=("narrows [the|both] eyes", "[squints|squints the eyes]",
              "[has|keeps|holds] the eyes [narrow|narrowed]"),
        states=("[the|both] eyes [narrow|are narrowed|become narrow|grow narrow|get narrow]",
                "the eyes [stay|remain|are held] narrowed"),
        things=("[narrowed|narrow|squinted] eyes", "a narrowing of the eyes"),
    ),
    "closes the eyes": Wording(
        acts=("[closes|shuts] [the|both] eyes", "[lets|has] the eyes [closed|shut]",
              "[closes|shuts] the [eyelids|lids]", "lets the eyes [close|fall shut]"),
        states=("[the|both] eyes [close|are closed|shut|are shut|fall shut|go shut|come to a "
                "close]",
                "the [eyelids|lids] [close|fall|are closed|are shut]"),
        things=("[closed|shut] [eyes|eyelids]", "a closing of the eyes"),
    ),
    "keeps the eyes closed": Wording(
        acts=("[keeps|holds] [the|both] eyes [closed|shut]",
              "closes the eyes for [a while|some time]"),
        states=("[the|both] eyes [stay|remain|are kept|are held] [closed|shut]",),
        things=("eyes that [stay|remain] [closed|shut]", "eyes kept [closed|shut]"),
    ),
    "blinks": Wording(
        acts=("blinks", "blinks [the eyes|both eyes|once|briefly|quickly]", "gives a [|quick] "
              "blink"),
        states=("the eyes blink [|once|quickly|briefly]", "both eyes blink"),
        things=("a [|single|quick|short] blink", "a blink of the eyes"),
    ),
    "blinks {count}": Wording(
        acts=("blinks {count}", "blinks the eyes {count}", "is blinking {count}"),
        states=("the eyes blink {count}", "both eyes blink {count}"),
    ),
    "blinks often": Wording(
        acts=("blinks [often|frequently|a lot|repeatedly|many times|again and again|a great deal]",
              "blinks the eyes [often|frequently|a lot]", "keeps [on |]blinking",
              "is blinking [often|a lot|frequently]"),
        states=("[the|both] eyes blink [often|frequently|repeatedly|many times|a lot|again and "
                "again]",
                "the eyes keep blinking", "blinks come [often|frequently]"),
        things=("[frequent|repeated] blinking", "[frequent|repeated|many] blinks"),
    ),
    "the face shows no marked expression": Wording(
        acts=("shows no [marked|strong|clear] facial expression",
              "keeps the face [without a marked expression|expressionless]"),
        states=("the face [shows|has|carries|wears] no [marked|strong|clear|distinct] expression",
                "the face [is|stays|remains] [expressionless|without a marked expression]",
                "no [marked|strong|clear] expression [is seen|can be seen|is visible|shows] on "
                "the face"),
        things=("a face [without|with no] [marked|clear|strong] expression",
                "an expressionless face"),
    ),
    "the face is visible": Wording(
        states=("[the|a] face [is visible|can be seen|is in the picture]",),
        things=("a [visible|single] face",),
    ),
}  # fmt: skip
"""Phrase of the vocabulary, sides and counts taken out -> other ways to say it."""
