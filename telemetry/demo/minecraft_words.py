"""What is said and done on the simulated Minecraft server."""

__all__ = ["ACHIEVEMENTS", "CHAT", "DEATHS", "PLAYERS", "VERSION", "ZONE"]

VERSION = "1.21.4"
# That of the times in its log; one without summer time, so that no hour comes twice.
ZONE = "Europe/Istanbul"

PLAYERS = (
    "Barkfisch", "creeperella", "Deniz_34", "DrOctagon", "EmberFox", "frostbyte_", "GrannyMiner",
    "Hollow_Oak", "IronBertha", "jules1998", "Kaktusbauer", "LadyRedstone", "mossy_step",
    "NetherNils", "ObsidianOtto", "PixelPaula", "Quarzkopf", "redwool", "SirDigsalot",
    "TallTimber", "uykusuz", "VoxelVera", "wanderer_77", "xX_Melon_Xx", "ZuckerPapa",
)  # fmt: skip

CHAT = (
    "hi all", "hey", "anyone up for the nether?", "who took my diamonds", "brb",
    "the farm is finished, help yourselves", "lag?", "nice base!", "where is the village?",
    "x 120 z -340", "thanks!", "gg", "can someone sleep please", "need 12 more iron", "lol",
    "the portal is lit again", "creeper at the gate", "i have spare elytra", "good night",
    "trading emeralds for leather", "that was close", "meet at spawn", "one more level",
    "the wither farm works", "selam", "moin",
)  # fmt: skip

DEATHS = (
    "was slain by Zombie", "was shot by Skeleton", "was blown up by Creeper", "drowned",
    "hit the ground too hard", "fell from a high place", "tried to swim in lava",
    "was slain by Enderman", "burned to death", "was fireballed by Ghast",
    "experienced kinetic energy", "starved to death",
)  # fmt: skip

# In about the order in which they are made.
ACHIEVEMENTS = (
    "Stone Age", "Getting an Upgrade", "Acquire Hardware", "Suit Up", "Hot Stuff",
    "Isn't It Iron Pick", "Not Today, Thank You", "Ice Bucket Challenge", "Diamonds!",
    "We Need to Go Deeper", "Cover Me with Diamonds", "Enchanter", "Into Fire", "Eye Spy",
    "The End?", "A Terrible Fortress", "Local Brewery", "Free the End", "You Need a Mint",
    "Bring Home the Beacon",
)  # fmt: skip
