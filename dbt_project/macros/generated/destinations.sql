{#- Generated from the definitions by python -m matchback.destinations.generate. -#}
{% macro destinations() -%}
    {{ return({
        'meta_capi': {
            'is_default': true,
            'account': {"label": "dataset (pixel)", "in_url": "/([0-9]+)/events", "in_message": "Pixel ID: *([0-9]+)", "in_request": "$.data_set_id"},
            'request': {"urls": "facebook[.]com|/[0-9]+/events", "events": "$.data", "test_code": "$.test_event_code"},
            'answer': {"trace_ids": ["$.fbtrace_id", "$.error.fbtrace_id"], "error": "$.error", "error_code": "$.error.code", "error_subcode": "$.error.error_subcode", "received_count": "$.events_received", "accepted_codes": [], "unknown_codes": []},
            'statuses': [[429, 429, "retry"], [401, 401, "auth"], [403, 403, "auth"], [500, 999, "transient"]],
            'other_status': "permanent",
            'time_format': "unix_seconds",
            'fields': {"event_name": ["$.event_name"], "event_id": ["$.event_id"], "event_time": ["$.event_time"], "action_source": ["$.action_source"], "event_source_url": ["$.event_source_url"], "order_id": ["$.custom_data.order_id"], "lead_id": ["$.user_data.lead_id"], "value": ["$.custom_data.value"], "currency": ["$.custom_data.currency"]},
            'rule_paths': {"event_name": ["$.event_name"], "event_time": ["$.event_time"], "event_source_url": ["$.event_source_url"], "client_user_agent": ["$.user_data.client_user_agent"], "value": ["$.custom_data.value"], "currency": ["$.custom_data.currency"]},
            'items': {"path": "$.custom_data.contents", "item_id": "id", "quantity": "quantity", "price": "item_price"},
            'top_keys': ["event_name", "event_time", "event_id", "action_source", "event_source_url", "referrer_url", "opt_out", "data_processing_options", "data_processing_options_country", "data_processing_options_state"],
            'objects': {"user_data": ["em", "ph", "fbc", "external_id", "fbp", "client_ip_address", "client_user_agent", "fn", "ln", "db", "zp", "ct", "st", "country", "ge", "subscription_id", "fb_login_id", "lead_id", "anon_id", "madid", "page_id", "page_scoped_user_id", "ctwa_clid", "whatsapp_business_account_id", "ig_account_id", "ig_sid"], "custom_data": ["value", "currency", "order_id", "contents", "content_ids", "content_type", "content_name", "content_category", "num_items", "search_string", "status", "predicted_ltv", "net_revenue", "delivery_category"]},
            'identifiers_in': "user_data",
            'known_keys': ["event_name", "event_time", "event_id", "action_source", "event_source_url", "referrer_url", "opt_out", "data_processing_options", "data_processing_options_country", "data_processing_options_state", "user_data", "custom_data", "original_event_data", "customer_segmentation", "app_data", "attribution_data", "messaging_channel"],
            'identifiers': {"em": "$.user_data.em", "ph": "$.user_data.ph", "fbc": "$.user_data.fbc", "external_id": "$.user_data.external_id", "fbp": "$.user_data.fbp", "client_ip_address": "$.user_data.client_ip_address", "client_user_agent": "$.user_data.client_user_agent", "fn": "$.user_data.fn", "ln": "$.user_data.ln", "db": "$.user_data.db", "zp": "$.user_data.zp", "ct": "$.user_data.ct", "st": "$.user_data.st", "country": "$.user_data.country", "ge": "$.user_data.ge", "subscription_id": "$.user_data.subscription_id", "fb_login_id": "$.user_data.fb_login_id", "lead_id": "$.user_data.lead_id", "anon_id": "$.user_data.anon_id", "madid": "$.user_data.madid", "page_id": "$.user_data.page_id", "page_scoped_user_id": "$.user_data.page_scoped_user_id", "ctwa_clid": "$.user_data.ctwa_clid", "whatsapp_business_account_id": "$.user_data.whatsapp_business_account_id", "ig_account_id": "$.user_data.ig_account_id", "ig_sid": "$.user_data.ig_sid"},
            'lists': ["em", "ph", "external_id", "fn", "ln", "db", "zp", "ct", "st", "country", "ge"],
            'hashed': ["em", "ph", "external_id", "fn", "ln", "db", "zp", "ct", "st", "country", "ge"],
            'raw': ["fbc", "fbp", "client_ip_address", "client_user_agent"],
            'may_be_raw': ["external_id"],
            'patterns': {"fbc": "fb[.][0-9][.][0-9]{13}[.][A-Za-z0-9_-]+", "fbp": "fb[.][0-9][.][0-9]{13}[.][0-9]+"},
            'customer_keys': ["em", "ph", "fbc", "external_id", "fbp", "client_ip_address", "client_user_agent", "fn", "ln", "db", "zp", "ct", "st", "country", "ge"],
            'identities': {"em": {"node": "hashed_email"}, "fbc": {"node": "click_id", "part": "^fb[.][0-9][.][0-9]+[.]([A-Za-z0-9_-]+)"}, "external_id": {"node": "customer_id"}, "fbp": {"node": "fbp", "part": "^(fb[.][0-9][.][0-9]+[.][0-9]+)"}},
            'clicks': {"fbc": "fbclid"},
            'rules': {"required": [{"rule": "required_field_missing", "fields": ["event_name", "event_time", "user_data"]}, {"rule": "website_field_missing", "fields": ["event_source_url", "client_user_agent"], "when": {"field": "action_source", "value": "website"}}, {"rule": "purchase_field_missing", "fields": ["value", "currency"], "when": {"field": "event_name", "value": "Purchase"}}], "insufficient": [["ct", "country", "st", "zp", "ge", "client_user_agent"], ["db", "client_user_agent"], ["fn", "ge"], ["ln", "ge"]], "max_age_days": 7, "max_age_days_by_action_source": {"physical_store": 62}, "action_sources": ["email", "website", "app", "phone_call", "chat", "physical_store", "system_generated", "business_messaging", "other"], "customer_information": {"passes_from": 6, "warns_from": 4}},
        },
    }) }}
{%- endmacro %}
