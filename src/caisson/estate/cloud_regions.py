"""Which jurisdiction a cloud's region is in: a table with a date, since clouds keep building.

Jurisdictions are ISO 3166-1 country codes in small letters, but for `eu`, the 27 members of the
European Union, and `uk`, the United Kingdom. Switzerland and Norway are not in the EU; data
law in Norway follows the EEA agreement, which is for the promise file to say. A region that is
not in the table is in no known jurisdiction.

AWS: the regions of botocore 1.44.5 (`data/endpoints.json`), which a test compares. Google and
Azure: their published lists as of October 2025,
https://cloud.google.com/compute/docs/regions-zones and
https://learn.microsoft.com/azure/reliability/regions-list.
"""

from collections.abc import Mapping

AS_OF = "2025-10"

_AWS = {
    "ae": ("me-central-1",),
    "au": ("ap-southeast-2", "ap-southeast-4"),
    "bh": ("me-south-1",),
    "br": ("sa-east-1",),
    "ca": ("ca-central-1", "ca-west-1"),
    "ch": ("eu-central-2",),
    "cn": ("cn-north-1", "cn-northwest-1"),
    "eu": (
        "eu-central-1",  # Germany
        "eu-north-1",  # Sweden
        "eu-south-1",  # Italy
        "eu-south-2",  # Spain
        "eu-west-1",  # Ireland
        "eu-west-3",  # France
        "eusc-de-east-1",  # Germany, the European Sovereign Cloud
    ),
    "hk": ("ap-east-1",),
    "id": ("ap-southeast-3",),
    "il": ("il-central-1",),
    "in": ("ap-south-1", "ap-south-2"),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
    "kr": ("ap-northeast-2",),
    "mx": ("mx-central-1",),
    "my": ("ap-southeast-5",),
    "nz": ("ap-southeast-6",),
    "sg": ("ap-southeast-1",),
    "th": ("ap-southeast-7",),
    "tw": ("ap-east-2",),
    "uk": ("eu-west-2",),
    "us": (
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
        "us-gov-east-1",
        "us-gov-west-1",
    ),
    "za": ("af-south-1",),
}
_GCP = {
    "au": ("australia-southeast1", "australia-southeast2"),
    "br": ("southamerica-east1",),
    "ca": ("northamerica-northeast1", "northamerica-northeast2"),
    "ch": ("europe-west6",),
    "cl": ("southamerica-west1",),
    "eu": (
        "europe-central2",  # Poland
        "europe-north1",  # Finland
        "europe-north2",  # Sweden
        "europe-southwest1",  # Spain
        "europe-west1",  # Belgium
        "europe-west3",  # Germany
        "europe-west4",  # Netherlands
        "europe-west8",  # Italy
        "europe-west9",  # France
        "europe-west10",  # Germany
        "europe-west12",  # Italy
    ),
    "hk": ("asia-east2",),
    "id": ("asia-southeast2",),
    "il": ("me-west1",),
    "in": ("asia-south1", "asia-south2"),
    "jp": ("asia-northeast1", "asia-northeast2"),
    "kr": ("asia-northeast3",),
    "mx": ("northamerica-south1",),
    "qa": ("me-central1",),
    "sa": ("me-central2",),
    "sg": ("asia-southeast1",),
    "tw": ("asia-east1",),
    "uk": ("europe-west2",),
    "us": (
        "us-central1",
        "us-east1",
        "us-east4",
        "us-east5",
        "us-south1",
        "us-west1",
        "us-west2",
        "us-west3",
        "us-west4",
    ),
    "za": ("africa-south1",),
}
_AZURE = {
    "ae": ("uaecentral", "uaenorth"),
    "au": ("australiacentral", "australiacentral2", "australiaeast", "australiasoutheast"),
    "br": ("brazilsouth", "brazilsoutheast"),
    "ca": ("canadacentral", "canadaeast"),
    "ch": ("switzerlandnorth", "switzerlandwest"),
    "cl": ("chilecentral",),
    "eu": (
        "austriaeast",
        "francecentral",
        "francesouth",
        "germanynorth",
        "germanywestcentral",
        "italynorth",
        "northeurope",  # Ireland
        "polandcentral",
        "spaincentral",
        "swedencentral",
        "swedensouth",
        "westeurope",  # Netherlands
    ),
    "hk": ("eastasia",),
    "id": ("indonesiacentral",),
    "il": ("israelcentral",),
    "in": ("centralindia", "jioindiacentral", "jioindiawest", "southindia", "westindia"),
    "jp": ("japaneast", "japanwest"),
    "kr": ("koreacentral", "koreasouth"),
    "mx": ("mexicocentral",),
    "my": ("malaysiawest",),
    "no": ("norwayeast", "norwaywest"),
    "nz": ("newzealandnorth",),
    "qa": ("qatarcentral",),
    "sg": ("southeastasia",),
    "uk": ("uksouth", "ukwest"),
    "us": (
        "centralus",
        "eastus",
        "eastus2",
        "northcentralus",
        "southcentralus",
        "westcentralus",
        "westus",
        "westus2",
        "westus3",
    ),
    "za": ("southafricanorth", "southafricawest"),
}

JURISDICTION_OF: Mapping[str, str] = {
    region: jurisdiction
    for table in (_AWS, _GCP, _AZURE)
    for jurisdiction, regions in table.items()
    for region in regions
}
