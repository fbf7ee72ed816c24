"""Pretrained files: what they are, where they lie, how they come."""

from xemogpt.weights.cache import Condition as Condition
from xemogpt.weights.cache import Status as Status
from xemogpt.weights.cache import cache_dir as cache_dir
from xemogpt.weights.cache import check as check
from xemogpt.weights.cache import hashes as hashes
from xemogpt.weights.cache import locate as locate
from xemogpt.weights.pins import CATALOGUE as CATALOGUE
from xemogpt.weights.shipped import shipped as shipped
