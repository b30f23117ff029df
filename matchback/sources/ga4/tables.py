"""The landing tables of the GA4 export."""

from matchback.sources.kit.tables import FILE_NAME, ROW_NUMBER, RUN_ID, SECRET_FIELDS
from matchback.warehouse.tables import (
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    JSON,
    TEXT,
    Column,
    Document,
    Leaves,
    Partitioning,
    Table,
    list_of,
    struct,
    texts,
)

SLOTS = {"string_value": TEXT, "int_value": INTEGER, "float_value": DOUBLE, "double_value": DOUBLE}
PARAMETERS = list_of(struct(key=TEXT, value=struct(**SLOTS)))
EXPORT_KIND = Column("export_kind", "daily, fresh or intraday; one kind per date is used.")
TABLE_DATE = Column("table_date", "Date in the name of the export table or file.", DATE)

EXPORTED = (
    Column(
        "event_date", "Date of the event as GA4 wrote it, YYYYMMDD in the property's time zone."
    ),
    Column("event_timestamp", "Time of the event, microseconds since 1970, UTC.", INTEGER),
    Column("event_name", "GA4's event name.", scan=Leaves()),
    Column(
        "event_params", "Parameters: key and one filled value slot each.", PARAMETERS, scan=Leaves()
    ),
    Column(
        "event_previous_timestamp",
        "Time of the user's event before, microseconds, UTC.",
        INTEGER,
    ),
    Column("event_value_in_usd", "Value in US dollars as GA4 converted it.", DOUBLE),
    Column("event_bundle_sequence_id", "Order of the upload bundle.", INTEGER),
    Column("event_server_timestamp_offset", "Microseconds between collection and upload.", INTEGER),
    Column(
        "user_id", "User id that the site set; personal.", personal="customer_id", scan=Leaves()
    ),
    Column("user_pseudo_id", "Browser (client) id of GA4; personal.", personal="client_id"),
    Column(
        "privacy_info",
        "Consent as GA4 saw it: ads_storage and analytics_storage are Yes, No or null.",
        struct(**texts("analytics_storage ads_storage uses_transient_token")),
        scan=Leaves(),
    ),
    Column(
        "user_properties",
        "User properties: key, value slots and the time they were set.",
        list_of(struct(key=TEXT, value=struct(**SLOTS, set_timestamp_micros=INTEGER))),
        scan=Leaves(),
    ),
    Column("user_first_touch_timestamp", "First visit, microseconds, UTC.", INTEGER),
    Column(
        "user_ltv",
        "Lifetime revenue with its currency, as GA4 says.",
        struct(revenue=DOUBLE, currency=TEXT),
        scan=Leaves(),
    ),
    Column(
        "device",
        "Device, operating system and browser.",
        struct(
            **texts(
                "category mobile_brand_name mobile_model_name mobile_marketing_name "
                "mobile_os_hardware_model operating_system operating_system_version vendor_id "
                "advertising_id language is_limited_ad_tracking"
            ),
            time_zone_offset_seconds=INTEGER,
            **texts("browser browser_version"),
            web_info=struct(**texts("browser browser_version hostname")),
        ),
        scan=Leaves(),
    ),
    Column(
        "geo",
        "Place from the IP address, as GA4 says.",
        struct(**texts("city country continent region sub_continent metro")),
        scan=Leaves(),
    ),
    Column(
        "app_info",
        "App and its version; null on the web.",
        struct(**texts("id version install_store firebase_app_id install_source")),
        scan=Leaves(),
    ),
    Column(
        "traffic_source",
        "Source that first brought the user.",
        struct(**texts("name medium source")),
        scan=Leaves(),
    ),
    Column("stream_id", "Data stream.", scan=Leaves()),
    Column("platform", "WEB, IOS or ANDROID.", scan=Leaves()),
    Column("event_dimensions", "Host name of the event.", struct(hostname=TEXT), scan=Leaves()),
    Column(
        "ecommerce",
        "Totals of a purchase; transaction_id is the order id when no parameter has it.",
        struct(
            total_item_quantity=INTEGER,
            purchase_revenue_in_usd=DOUBLE,
            purchase_revenue=DOUBLE,
            refund_value_in_usd=DOUBLE,
            refund_value=DOUBLE,
            shipping_value_in_usd=DOUBLE,
            shipping_value=DOUBLE,
            tax_value_in_usd=DOUBLE,
            tax_value=DOUBLE,
            unique_items=INTEGER,
            transaction_id=TEXT,
        ),
        scan=Leaves(besides=("transaction_id",)),
    ),
    Column(
        "items",
        "Items of an ecommerce event.",
        list_of(
            struct(
                **texts(
                    "item_id item_name item_brand item_variant item_category item_category2 "
                    "item_category3 item_category4 item_category5"
                ),
                price_in_usd=DOUBLE,
                price=DOUBLE,
                quantity=INTEGER,
                item_revenue_in_usd=DOUBLE,
                item_revenue=DOUBLE,
                item_refund_in_usd=DOUBLE,
                item_refund=DOUBLE,
                **texts(
                    "coupon affiliation location_id item_list_id item_list_name item_list_index "
                    "promotion_id promotion_name creative_name creative_slot"
                ),
                item_params=PARAMETERS,
            )
        ),
        scan=Leaves(),
    ),
    Column(
        "collected_traffic_source",
        "Campaign and click ids that came with this event.",
        struct(
            **texts(
                "manual_campaign_id manual_campaign_name manual_source manual_medium manual_term "
                "manual_content manual_source_platform manual_creative_format "
                "manual_marketing_tactic gclid dclid srsltid"
            )
        ),
        scan=Leaves(),
    ),
    Column("is_active_user", "Whether GA4 counts the user as active.", BOOLEAN),
    Column("batch_event_index", "Position in the batch of one request.", INTEGER),
    Column("batch_page_id", "Page of the batch.", INTEGER),
    Column("batch_ordering_id", "Order of the request on its page.", INTEGER),
    Column(
        "session_traffic_source_last_click",
        "Last click of the session, per advertising product.",
        struct(
            manual_campaign=struct(
                **texts(
                    "campaign_id campaign_name source medium term content source_platform "
                    "creative_format marketing_tactic"
                )
            ),
            google_ads_campaign=struct(
                **texts(
                    "customer_id account_name campaign_id campaign_name ad_group_id ad_group_name"
                )
            ),
            cross_channel_campaign=struct(
                **texts(
                    "campaign_id campaign_name source medium source_platform "
                    "default_channel_group primary_channel_group"
                )
            ),
            sa360_campaign=struct(
                **texts(
                    "campaign_id campaign_name source medium ad_group_id ad_group_name "
                    "creative_format engine_account_name engine_account_type manager_account_name"
                )
            ),
            cm360_campaign=struct(
                **texts(
                    "campaign_id campaign_name source medium account_id account_name "
                    "advertiser_id advertiser_name creative_id creative_format creative_name "
                    "creative_type creative_type_id creative_version placement_id "
                    "placement_cost_structure placement_name rendering_id site_id site_name"
                )
            ),
            dv360_campaign=struct(
                **texts(
                    "campaign_id campaign_name source medium advertiser_id advertiser_name "
                    "creative_id creative_format creative_name exchange_id exchange_name "
                    "insertion_order_id insertion_order_name line_item_id line_item_name "
                    "partner_id partner_name"
                )
            ),
        ),
        scan=Leaves(),
    ),
    Column(
        "publisher",
        "Advertising revenue of a publisher's app.",
        struct(ad_revenue_in_usd=DOUBLE, **texts("ad_format ad_source_name ad_unit_id")),
        scan=Leaves(),
    ),
    Column(
        "event_original_occurrence_timestamp",
        "Time of an event that was sent later, microseconds, UTC.",
        INTEGER,
    ),
)
EVENTS = Table(
    "landing.ga4_events",
    "Grain: one exported GA4 event row. DuckDB shows it from landing.ga4_rows and the Parquet "
    "shards that stayed files.",
    (
        *EXPORTED,
        EXPORT_KIND,
        TABLE_DATE,
        FILE_NAME,
        ROW_NUMBER,
        RUN_ID,
        Column(
            "extra_columns",
            "Columns that the 31-column schema does not know, as JSON text.",
            JSON,
            scan=Document(),
        ),
        SECRET_FIELDS,
    ),
    source="ga4",
    moment="table_date",
    partition=Partitioning(needs_filter=True),
    cluster=("event_name", "user_pseudo_id"),
    record_key=("event_name", "event_timestamp"),
    erasure="delete",
    is_read_by_dbt=True,
    stored_on_duckdb_as="landing.ga4_rows",
)
SHARDS = Table(
    "landing.ga4_shards",
    "Grain: one GA4 shard whose rows stayed in a Parquet file beside the warehouse; "
    "landing.ga4_events shows them.",
    (
        FILE_NAME,
        TABLE_DATE,
        EXPORT_KIND,
        RUN_ID,
        Column("path", "File beside the warehouse."),
        Column("column_sql", "Landing column to SQL over the file's columns, as JSON.", JSON),
        Column("skipped_rows", "Rows that are doubled or in quarantine.", list_of(INTEGER)),
        Column("row_count", "Rows shown, without skipped_rows.", INTEGER),
    ),
    only_on="duckdb",
)
TABLES = (EVENTS, SHARDS)
