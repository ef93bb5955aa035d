"""What the made-up marketplace sells: departments, item types, attributes, synonyms and occasions."""

from dataclasses import dataclass

SOFT_ATTRIBUTES = frozenset({"colour", "pattern"})
"""Attributes of which another value is still a fair substitute."""

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "colour": ("black", "white", "red", "navy", "green", "grey", "yellow", "copper"),
    "material": ("steel", "oak", "bamboo", "cotton", "leather", "ceramic", "aluminium", "linen"),
    "voltage": ("12v", "18v", "24v", "36v"),
    "size": ("small", "medium", "large", "extra large"),
    "capacity": ("0.5 litre", "1 litre", "2 litre", "5 litre"),
    "length": ("1 metre", "2 metre", "5 metre", "10 metre"),
    "pattern": ("striped", "checked", "floral", "plain"),
    "pack": ("single", "pack of 2", "pack of 6", "pack of 12"),
}


@dataclass(frozen=True)
class ItemType:
    """A kind of item.

    Attributes:
        name: what most titles call it.
        department: where it is sold.
        family: types of one family are related: near substitutes.
        synonyms: other words for it, in queries and some titles.
        attributes: the attributes that its items have.
        price: a usual price.
    """

    name: str
    department: str
    family: str
    synonyms: tuple[str, ...]
    attributes: tuple[str, ...]
    price: float


def _department(name: str, *rows: tuple[str, str, str, str, float]) -> tuple[ItemType, ...]:
    return tuple(
        ItemType(kind, name, family, tuple(synonyms.split("|")), tuple(attributes.split()), price)
        for kind, family, synonyms, attributes, price in rows
    )


ITEM_TYPES: tuple[ItemType, ...] = (
    *_department(
        "tools",
        ("cordless drill", "power drills", "battery drill|drill driver", "voltage colour", 95.0),
        ("impact driver", "power drills", "impact screw gun", "voltage colour", 110.0),
        ("drill bit set", "drill accessories", "bits for drilling", "material pack", 18.0),
        ("circular saw", "saws", "skill saw", "voltage size", 120.0),
        ("hand saw", "saws", "wood cutting saw", "size material", 22.0),
        ("claw hammer", "hand tools", "nail hammer", "material size", 17.0),
        ("tape measure", "hand tools", "measuring tape", "length colour", 9.0),
    ),
    *_department(
        "kitchen",
        ("chef knife", "knives", "cooking knife|kitchen blade", "material size", 42.0),
        ("bread knife", "knives", "serrated loaf slicer", "material size", 24.0),
        ("frying pan", "cookware", "skillet", "material size", 35.0),
        ("saucepan", "cookware", "cooking pot", "capacity material", 38.0),
        ("electric kettle", "small appliances", "water boiler", "capacity colour", 34.0),
        ("toaster", "small appliances", "bread browner", "colour material", 36.0),
        ("cutting board", "kitchen aids", "chopping block", "material size", 21.0),
    ),
    *_department(
        "garden",
        ("garden hose", "watering", "water pipe for lawn", "length colour", 29.0),
        ("watering can", "watering", "plant sprinkler jug", "capacity colour", 16.0),
        ("pruning shears", "cutting tools", "secateurs|branch clippers", "size colour", 19.0),
        ("hedge trimmer", "cutting tools", "bush cutter", "voltage size", 98.0),
        ("plant pot", "planters", "flower planter", "material size", 14.0),
        ("raised bed", "planters", "vegetable planter box", "material size", 75.0),
        ("patio chair", "outdoor seating", "terrace seat", "material colour", 68.0),
    ),
    *_department(
        "clothing",
        ("rain jacket", "outerwear", "waterproof coat", "size colour", 79.0),
        ("winter coat", "outerwear", "warm parka", "size colour", 129.0),
        ("t-shirt", "tops", "tee", "size colour pattern", 15.0),
        ("sweater", "tops", "jumper|pullover", "size colour material", 45.0),
        ("running shoes", "footwear", "jogging trainers", "size colour", 88.0),
        ("hiking boots", "footwear", "trekking shoes", "size colour material", 119.0),
        ("wool socks", "footwear basics", "warm stockings", "size pattern pack", 11.0),
    ),
    *_department(
        "electronics",
        ("wireless headphones", "audio", "bluetooth headset", "colour size", 105.0),
        ("bluetooth speaker", "audio", "portable sound box", "colour size", 65.0),
        ("laptop sleeve", "computer bags", "notebook case", "size material colour", 24.0),
        ("laptop backpack", "computer bags", "notebook rucksack", "size colour", 59.0),
        ("usb cable", "cables", "charging lead", "length colour pack", 8.0),
        ("phone charger", "cables", "mobile power plug", "colour pack", 19.0),
        ("desk lamp", "lighting", "reading light", "colour material", 39.0),
    ),
    *_department(
        "home",
        ("throw blanket", "bedding", "sofa cover plaid", "colour material pattern", 32.0),
        ("duvet cover", "bedding", "quilt case", "size pattern material", 48.0),
        ("bath towel", "bathroom textiles", "shower cloth", "colour size pack", 17.0),
        ("shower curtain", "bathroom textiles", "bath drape", "pattern length", 23.0),
        ("wall clock", "decoration", "hanging timepiece", "material colour", 28.0),
        ("picture frame", "decoration", "photo holder", "size material", 13.0),
        ("storage basket", "storage", "organiser bin", "size material", 20.0),
    ),
    *_department(
        "toys",
        ("building blocks", "construction toys", "stacking bricks", "pack colour", 27.0),
        ("model train", "construction toys", "miniature railway", "length colour", 69.0),
        ("jigsaw puzzle", "games", "picture pieces game", "size pattern", 15.0),
        ("board game", "games", "family table game", "size pack", 33.0),
        ("plush bear", "soft toys", "stuffed teddy", "size colour", 18.0),
        ("doll house", "soft toys", "miniature home", "size material", 84.0),
    ),
    *_department(
        "sports",
        ("yoga mat", "fitness", "exercise pad", "colour length", 26.0),
        ("dumbbell", "fitness", "hand weight", "pack material", 31.0),
        ("water bottle", "hydration", "drinking flask", "capacity colour material", 16.0),
        ("camping tent", "camping", "outdoor shelter", "size colour", 139.0),
        ("sleeping bag", "camping", "camp bedroll", "size colour", 72.0),
        ("bike helmet", "cycling", "cycle head protection", "size colour", 49.0),
        ("bike lock", "cycling", "bicycle security chain", "length material", 29.0),
    ),
)

OCCASIONS: dict[str, tuple[str, ...]] = {
    "gift for a gardener": ("pruning shears", "watering can", "plant pot", "raised bed"),
    "present for a home cook": ("chef knife", "frying pan", "cutting board", "saucepan"),
    "new apartment essentials": ("saucepan", "bath towel", "electric kettle", "desk lamp", "shower curtain"),
    "weekend in the mountains": (
        "hiking boots",
        "rain jacket",
        "camping tent",
        "sleeping bag",
        "water bottle",
    ),
    "working from home setup": ("desk lamp", "wireless headphones", "laptop sleeve", "usb cable"),
    "gift for a five year old": ("building blocks", "plush bear", "doll house", "jigsaw puzzle"),
    "rainy sunday with the family": ("board game", "jigsaw puzzle", "throw blanket", "model train"),
    "first tools for a new house": ("cordless drill", "claw hammer", "tape measure", "drill bit set"),
    "commuting by bicycle": ("bike helmet", "bike lock", "rain jacket", "laptop backpack"),
    "getting in shape at home": ("yoga mat", "dumbbell", "running shoes", "water bottle"),
    "cosy winter evenings": ("throw blanket", "sweater", "wool socks", "winter coat"),
    "balcony makeover": ("patio chair", "plant pot", "watering can", "garden hose"),
    "student dorm": ("desk lamp", "storage basket", "duvet cover", "electric kettle", "laptop backpack"),
    "music on the go": ("wireless headphones", "bluetooth speaker", "phone charger"),
    "breakfast corner": ("toaster", "electric kettle", "bread knife", "cutting board"),
    "redecorate the living room": ("wall clock", "picture frame", "throw blanket", "storage basket"),
    "building a garden fence": ("circular saw", "impact driver", "hand saw", "tape measure"),
    "tidy up the hedge": ("hedge trimmer", "pruning shears"),
}
"""What people want to do, and the item types that serve it."""

OCCASION_WORDINGS = ("{}", "{} ideas", "things for {}", "best {}")

BRAND_STARTS = (
    "Nor",
    "Bel",
    "Kes",
    "Tam",
    "Vor",
    "Lin",
    "Hal",
    "Ost",
    "Ril",
    "Mar",
    "Zen",
    "Dun",
    "Pel",
    "Gra",
)
BRAND_ENDS = ("vik", "ora", "tek", "holm", "esta", "mont", "wick", "ley", "aro", "dale", "quist", "sen")

SEGMENTS = ("bargain", "mainstream", "premium")
REGIONS = ("north", "south", "east", "west")
DEVICES = ("mobile", "desktop", "tablet")
DEVICE_SHARES = (0.58, 0.34, 0.08)
DEVICE_PURCHASE_LOGIT = (-0.25, 0.3, 0.0)
"""How much readier people buy on each device, in the order of DEVICES."""
