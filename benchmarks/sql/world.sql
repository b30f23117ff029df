-- A day of a shop as macros: every value is a hash of a row's number, so that any part of it can be
-- written by itself. Variables: day (number of the date), midnight and day_micros (microseconds),
-- events, sessions, visitors (of the day), dataset_id, site.

create or replace macro pick(key, salt, choices) as cast(hash(key, salt) % choices as bigint);
create or replace macro one_of(key, salt, list) as list[1 + pick(key, salt, len(list))];
create or replace macro utc_text(micros) as strftime(make_timestamp(micros), '%Y-%m-%dT%H:%M:%S.%fZ');
-- A JSON text without its null members, the way BigQuery and Meta's tags write it.
create or replace macro without_nulls(document) as regexp_replace(regexp_replace(
    regexp_replace(cast(document as varchar), '"\w+":null,', '', 'g'), ',?"\w+":null', '', 'g'
), ',\}', '}', 'g');
create or replace macro price_cents(product) as
    case when product % 10 = 0 then 2500 + product // 10 % 40 * 100 else 499 + product * 237 % 19000 end;

create or replace macro place_of(row_number) as
    cast(row_number as bigint) // 8 * getvariable('visitors') // getvariable('sessions');

-- Grain: one row per visitor of the day; a third of them come back two hours later.
create or replace macro visitors_between(first_place, last_place) as table (
    with

    numbered as (

        select
            place,
            cast(getvariable('day') as bigint) * 1000000000 + place as visitor,
            (cast(place as bigint) * getvariable('sessions') + getvariable('visitors') - 1) // getvariable('visitors')
                as first_session
        from (select unnest(range(first_place, least(last_place, getvariable('visitors')))) as place)

    ),

    drawn as (

        select
            place,
            visitor,
            getvariable('midnight') + cast(first_session as bigint) * getvariable('day_micros') // getvariable('sessions')
                as first_at,
            pick(visitor, 'consent', 100) as consent_roll,
            pick(visitor, 'channel', 100) as channel_roll,
            pick(visitor, 'country', 100) as country_roll,
            pick(visitor, 'device', 100) as device_roll,
            pick(visitor, 'phone', 1000) as phone_number
        from numbered

    ),

    described as (

        select
            *,
            consent_roll >= 10 as allows_analytics,
            consent_roll >= 13 as allows_marketing,
            'C' || visitor as customer_id,
            (1000000000 + pick(visitor, 'client', 9000000000)) || '.' || (first_at // 1000000) as client_id,
            'fb.1.' || (first_at // 1000) || '.' || (1000000000 + pick(visitor, 'fbp', 9000000000)) as fbp,
            case when channel_roll < 22 then 'IwAR2' || substr(md5('fb' || visitor), 1, 26) end as fbclid,
            case when channel_roll between 22 and 35 then 'Cj0KCQ' || substr(md5('g' || visitor), 1, 24) end
                as gclid,
            case
                when channel_roll < 22 then struct_pack(source := 'facebook', medium := 'paid', campaign := 'spring_sale', grouping := 'Paid Social')
                when channel_roll < 36 then struct_pack(source := 'google', medium := 'cpc', campaign := 'brand_search', grouping := 'Paid Search')
                when channel_roll < 58 then struct_pack(source := 'google', medium := 'organic', campaign := '(organic)', grouping := 'Organic Search')
                when channel_roll < 66 then struct_pack(source := 'newsletter', medium := 'email', campaign := 'weekly_letter', grouping := 'Email')
                else struct_pack(source := '(direct)', medium := '(none)', campaign := '(direct)', grouping := 'Direct')
            end as channel,
            case
                when country_roll < 62 then struct_pack(code := 'DE', name := 'Germany', area := 'Western Europe', language := 'de-de', currency := 'EUR', calling_code := '49', area_code := '30', line := '23125' || lpad(cast(phone_number as varchar), 3, '0'))
                when country_roll < 82 then struct_pack(code := 'FR', name := 'France', area := 'Western Europe', language := 'fr-fr', currency := 'EUR', calling_code := '33', area_code := '1', line := '99001' || lpad(cast(phone_number as varchar), 3, '0'))
                when country_roll < 93 then struct_pack(code := 'GB', name := 'United Kingdom', area := 'Northern Europe', language := 'en-gb', currency := 'GBP', calling_code := '44', area_code := '20', line := '79460' || lpad(cast(phone_number as varchar), 3, '0'))
                else struct_pack(code := 'SE', name := 'Sweden', area := 'Northern Europe', language := 'sv-se', currency := 'SEK', calling_code := '46', area_code := '70', line := '1740' || (605 + phone_number % 95))
            end as country,
            case
                when device_roll < 36 then struct_pack(category := 'mobile', brand := 'Samsung', model := 'SM-S921B', system := 'Android', version := 'Android 15', browser := 'Chrome', browser_version := '139.0.0.0', screen := '412x915', agent := 'Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36')
                when device_roll < 60 then struct_pack(category := 'mobile', brand := 'Apple', model := 'iPhone', system := 'iOS', version := 'iOS 18.6', browser := 'Safari', browser_version := '18.6', screen := '390x844', agent := 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1')
                when device_roll < 86 then struct_pack(category := 'desktop', brand := null, model := null, system := 'Windows', version := 'Windows 11', browser := 'Chrome', browser_version := '139.0.0.0', screen := '1920x1080', agent := 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36')
                else struct_pack(category := 'desktop', brand := 'Apple', model := null, system := 'Macintosh', version := 'Intel 10.15', browser := 'Safari', browser_version := '18.6', screen := '1512x982', agent := 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15')
            end as device,
            one_of(visitor, 'first name', ['Margarete', 'Anke', 'Lothar', 'Uwe', 'Silke', 'Detlef', 'Odile', 'Gaspard', 'Imogen', 'Rupert', 'Freya', 'Elin', 'Linnea', 'Nils', 'Chloé', 'Jörg']) as first_name,
            one_of(visitor, 'last name', ['Hornig', 'Weihmann', 'Trapp', 'Bohlander', 'Kusch', 'Marchand', 'Poirier', 'Tessier', 'Hartley', 'Whitcombe', 'Ashdown', 'Lindqvist', 'Wallin', 'Dahlgren', 'Nyström', 'Großmann']) as last_name,
            one_of(visitor, 'city', ['Berlin', 'Bad Homburg', 'Paris', 'Bath', 'York', 'Uppsala', 'Lübeck', 'Graz']) as city,
            lpad(cast(pick(visitor, 'zip', 90000) + 10000 as varchar), 5, '0') as zip,
            '203.0.113.' || (1 + pick(visitor, 'address', 254)) as address,
            pick(visitor, 'membership', 10) as membership_roll
        from drawn

    )

    select
        *,
        'visitor' || visitor || '@example.com' as email,
        '+' || country.calling_code || ' ' || country.area_code || ' ' || country.line as phone
    from described
);

-- Grain: one row per event of the day, by number; a session is eight of them, 37 seconds apart.
create or replace macro events_between(first_row, last_row) as table (
    with

    placed as (

        select
            row_number,
            cast(getvariable('day') as bigint) * 1000000000 + row_number as event,
            row_number // 8 as session,
            row_number % 8 as step
        from (select cast(unnest(range(first_row, last_row)) as bigint) as row_number)

    ),

    timed as (

        select
            *,
            place_of(row_number) as place,
            session > 0 and (session - 1) * getvariable('visitors') // getvariable('sessions')
                = session * getvariable('visitors') // getvariable('sessions') as is_return,
            cast(session as bigint) * getvariable('day_micros') // getvariable('sessions') as offset_micros
        from placed

    ),

    begun as (

        select
            event,
            step,
            place,
            is_return,
            getvariable('midnight') + least(
                offset_micros + case when is_return then 7200000000 else 0 end,
                getvariable('day_micros') - 600000000
            ) as session_at,
            pick(event, 'name', 10000) as roll
        from timed

    ),

    named as (

        select
            event,
            step,
            place,
            is_return,
            session_at,
            session_at + step * 37000000 + pick(event, 'second', 20000000) as happened_at,
            case
                when step = 0 then 'session_start'
                when step = 1 and not is_return and roll % 10 < 4 then 'first_visit'
                when roll < 36 then 'purchase'
                when roll < 182 then 'begin_checkout'
                when roll < 499 then 'add_to_cart'
                when roll < 560 then 'generate_lead'
                when roll < 609 then 'sign_up'
                when roll < 1909 then 'view_item'
                when roll < 2609 then 'view_item_list'
                when roll < 3009 then 'select_item'
                when roll < 6009 then 'page_view'
                when roll < 8309 then 'user_engagement'
                when roll < 9609 then 'scroll'
                when roll < 9809 then 'click'
                else 'view_search_results'
            end as name,
            pick(event, 'product', 5000) as product,
            1 + pick(event, 'quantity', 3) as quantity,
            pick(event, 'fault', 1000) as fault_roll
        from begun

    )

    select
        *,
        name || '_' || (happened_at // 1000) || '_' || event as event_id,
        case when name = 'purchase' then 'W' || event end as order_id,
        case
            when name in ('view_item', 'add_to_cart', 'begin_checkout', 'purchase')
                then price_cents(product) * quantity
        end as cents
    from named
);

-- Grain: one row per event that the shop also sends to Meta, with its visitor.
create or replace macro conversions_between(first_row, last_row) as table (
    select
        events.*,
        visitors.*,
        case events.name
            when 'purchase' then 'Purchase'
            when 'begin_checkout' then 'InitiateCheckout'
            when 'add_to_cart' then 'AddToCart'
            when 'generate_lead' then 'Lead'
            else 'CompleteRegistration'
        end as meta_name,
        events.happened_at + 900000 + pick(events.event, 'sent', 1500000) as sent_at,
        events.happened_at + 2600000 + pick(events.event, 'received', 700000) as received_at,
        md5('trace' || events.event) as trace_id,
        case
            when events.name = 'purchase' then getvariable('site') || '/checkout/thank-you?order=' || events.order_id
            when events.name = 'begin_checkout' then getvariable('site') || '/checkout'
            when events.name = 'add_to_cart' then getvariable('site') || '/p/sku-' || events.product
            when events.name = 'sign_up' then getvariable('site') || '/account/new'
            else getvariable('site') || '/contact'
        end as url
    from events_between(first_row, last_row) as events
    inner join visitors_between(place_of(first_row), place_of(last_row) + 1) as visitors
        on events.place = visitors.place
    where events.name in ('purchase', 'begin_checkout', 'add_to_cart', 'generate_lead', 'sign_up')
);

create or replace macro text_param(name, content) as
    case when content is not null then struct_pack("key" := name, "value" := struct_pack(string_value := cast(content as varchar), int_value := cast(null as bigint), double_value := cast(null as double))) end;
create or replace macro whole_param(name, content) as
    case when content is not null then struct_pack("key" := name, "value" := struct_pack(string_value := cast(null as varchar), int_value := cast(content as bigint), double_value := cast(null as double))) end;
-- GA4 keeps whole amounts as integers and others as doubles.
create or replace macro money_param(name, cents) as
    case when cents is not null then struct_pack("key" := name, "value" := struct_pack(
        string_value := cast(null as varchar),
        int_value := case when cents % 100 = 0 then cast(cents // 100 as bigint) end,
        double_value := case when cents % 100 <> 0 then cents / 100 end
    )) end;
create or replace macro item_of(product, quantity) as struct_pack(
    item_id := 'sku-' || product,
    item_name := 'Product ' || product,
    item_brand := 'Brand ' || (product % 60),
    item_variant := ['S', 'M', 'L', 'XL'][1 + product % 4],
    item_category := ['shoes', 'jackets', 'bags', 'socks'][1 + product % 4],
    price := price_cents(product) / 100,
    quantity := quantity,
    item_list_name := 'Category ' || (product % 24)
);

-- Grain: one row of the GA4 export; of 2,000 rows one is there twice, of 300 purchases one fired twice.
create or replace macro ga4_rows_between(first_row, last_row) as table (
    with

    fired as (

        select *, unnest([false, true]) as is_second_row
        from events_between(first_row, last_row)

    ),

    exported as (

        select *
        from fired
        where
            not is_second_row
            or pick(event, 'exported twice', 2000) = 0
            or (name = 'purchase' and pick(event, 'fired twice', 300) = 0)

    ),

    known as (

        select
            exported.*,
            visitors.* exclude (place),
            exported.happened_at
            + case when is_second_row and name = 'purchase' then 60000 else 0 end as fired_at,
            case
                when step = 0 and not is_return and fbclid is not null
                    then getvariable('site') || '/?utm_source=facebook&utm_medium=paid&fbclid=' || fbclid
                when step = 0 and not is_return and gclid is not null
                    then getvariable('site') || '/?utm_source=google&utm_medium=cpc&gclid=' || gclid
                when pick(event, 'leak', 50000) = 0
                    then getvariable('site') || '/newsletter?email=' || replace(email, '@', '%40')
                when name = 'purchase' then getvariable('site') || '/checkout/thank-you?order=' || order_id
                when name = 'begin_checkout' then getvariable('site') || '/checkout'
                when name in ('view_item', 'add_to_cart') then getvariable('site') || '/p/sku-' || product
                when name = 'sign_up' then getvariable('site') || '/account/new'
                when name = 'generate_lead' then getvariable('site') || '/contact'
                when name = 'view_search_results' then getvariable('site') || '/search?q=term+' || (product % 400)
                else getvariable('site') || '/c/category-' || (product % 240)
            end as page_location
        from exported
        inner join visitors_between(place_of(first_row), place_of(last_row) + 1) as visitors
            on exported.place = visitors.place

    )

    select
        getvariable('event_date') as event_date,
        fired_at as event_timestamp,
        name as event_name,
        list_filter([
            text_param('event_id', event_id),
            text_param('page_location', page_location),
            text_param('page_referrer', case when step > 0 then getvariable('site') || '/c/category-' || (event % 240) end),
            text_param('page_title', case when name in ('view_item', 'add_to_cart') then 'Product ' || product || ' | Shop' else 'Shop - ' || name end),
            whole_param('ga_session_id', case when allows_analytics then session_at // 1000000 end),
            whole_param('ga_session_number', case when allows_analytics then 1 + cast(is_return as bigint) end),
            whole_param('engagement_time_msec', case when step > 0 then 200 + pick(event, 'engagement', 20000) end),
            text_param('session_engaged', '1'),
            whole_param('engaged_session_event', 1),
            text_param('source', channel.source),
            text_param('medium', channel.medium),
            text_param('campaign', channel.campaign),
            text_param('language', country.language),
            text_param('screen_resolution', device.screen),
            text_param('content_group', case when name = 'page_view' then 'group_' || (product % 12) end),
            whole_param('percent_scrolled', case when name = 'scroll' then 90 end),
            text_param('search_term', case when name = 'view_search_results' then 'term ' || (product % 400) end),
            money_param('value', cents),
            text_param('currency', case when cents is not null then country.currency end),
            text_param('transaction_id', order_id),
            money_param('tax', case when name = 'purchase' then cents * 19 // 119 end),
            whole_param('shipping', case when name = 'purchase' then 0 end),
            text_param('payment_type', case when name = 'purchase' then 'card' end)
        ], lambda entry: entry is not null) as event_params,
        session_at // 1000000 % 100000 as event_bundle_sequence_id,
        happened_at % 900 as event_server_timestamp_offset,
        case when allows_analytics and name in ('purchase', 'generate_lead', 'sign_up') then customer_id end as user_id,
        case when allows_analytics then client_id end as user_pseudo_id,
        struct_pack(
            analytics_storage := case when allows_analytics then 'Yes' else 'No' end,
            ads_storage := case when allows_marketing then 'Yes' else 'No' end,
            uses_transient_token := 'No'
        ) as privacy_info,
        case
            when membership_roll < 3 then [struct_pack("key" := 'membership_level', "value" := struct_pack(string_value := ['gold', 'silver', 'bronze'][1 + membership_roll], set_timestamp_micros := first_at))]
            else []
        end as user_properties,
        first_at as user_first_touch_timestamp,
        struct_pack(revenue := 0.0, currency := 'USD') as user_ltv,
        struct_pack(
            category := device.category,
            mobile_brand_name := device.brand,
            mobile_model_name := device.model,
            operating_system := device.system,
            operating_system_version := device.version,
            language := country.language,
            is_limited_ad_tracking := 'No',
            time_zone_offset_seconds := 3600,
            web_info := struct_pack(browser := device.browser, browser_version := device.browser_version, hostname := 'shop.example.com')
        ) as device,
        struct_pack(city := city, country := country.name, continent := 'Europe', region := city, sub_continent := country.area, metro := '(not set)') as geo,
        struct_pack(name := channel.campaign, medium := channel.medium, source := channel.source) as traffic_source,
        '7001001001' as stream_id,
        'WEB' as platform,
        case
            when name = 'purchase' then struct_pack(
                total_item_quantity := quantity, purchase_revenue := cents / 100, tax_value := cents * 19 // 119 / 100,
                unique_items := 1, transaction_id := order_id
            )
            when name in ('view_item', 'view_item_list', 'select_item', 'add_to_cart', 'begin_checkout')
                then struct_pack(
                    total_item_quantity := cast(null as bigint), purchase_revenue := cast(null as double), tax_value := cast(null as double),
                    unique_items := cast(null as bigint), transaction_id := '(not set)'
                )
        end as ecommerce,
        case
            when name = 'view_item_list' then list_transform(range(6), lambda number: item_of((product + number) % 5000, 1))
            when name in ('view_item', 'select_item', 'add_to_cart', 'begin_checkout', 'purchase') then [item_of(product, quantity)]
            else []
        end as items,
        case
            when step = 0 and channel.medium <> '(none)' then struct_pack(
                manual_campaign_name := channel.campaign, manual_source := channel.source, manual_medium := channel.medium, gclid := gclid
            )
        end as collected_traffic_source,
        true as is_active_user,
        step + 1 as batch_event_index,
        session_at // 1000 as batch_page_id,
        1 + step % 3 as batch_ordering_id,
        struct_pack(
            manual_campaign := struct_pack(campaign_name := channel.campaign, source := channel.source, medium := channel.medium),
            cross_channel_campaign := struct_pack(campaign_name := channel.campaign, source := channel.source, medium := channel.medium, default_channel_group := channel.grouping, primary_channel_group := channel.grouping)
        ) as session_traffic_source_last_click
    from known
);

-- Grain: one row per attempt to deliver a conversion to Meta: 4 in 1,000 never left, 2 were sent
-- twice, 3 were rejected, 3 carry another amount.
create or replace macro attempts_between(first_row, last_row) as table (
    with

    repeated as (

        select *, unnest([false, true]) as is_repeat
        from conversions_between(first_row, last_row)
        where allows_marketing and fault_roll >= 4

    ),

    attempted as (

        select
            * replace (
                received_at + case when is_repeat then 30000000 else 0 end as received_at,
                case when is_repeat then md5('again' || trace_id) else trace_id end as trace_id
            ),
            fault_roll between 6 and 8 as is_rejected,
            case when fault_roll between 9 and 11 then cents + 150 else cents end as sent_cents
        from repeated
        where not is_repeat or fault_roll between 4 and 5

    ),

    hashed as (

        select
            *,
            sha256(email) as em,
            sha256(country.calling_code || country.area_code || country.line) as ph,
            sha256(lower(customer_id)) as external_id,
            case when fbclid is not null then 'fb.1.' || (first_at // 1000) || '.' || fbclid end as fbc
        from attempted

    ),

    bodied as (

        select
            *,
            struct_pack(
                event_name := meta_name,
                event_time := sent_at // 1000000,
                event_id := event_id,
                action_source := 'website',
                event_source_url := url,
                referrer_url := getvariable('site') || '/',
                user_data := struct_pack(
                    em := case when name in ('purchase', 'generate_lead', 'sign_up') then em end,
                    ph := case when name in ('purchase', 'generate_lead', 'sign_up') then ph end,
                    external_id := case when name in ('purchase', 'generate_lead', 'sign_up') then external_id end,
                    fn := case when name = 'purchase' then sha256(lower(first_name)) end,
                    ln := case when name = 'purchase' then sha256(lower(last_name)) end,
                    ct := case when name = 'purchase' then sha256(replace(lower(city), ' ', '')) end,
                    zp := case when name = 'purchase' then sha256(zip) end,
                    country := case when name = 'purchase' then sha256(lower(country.code)) end,
                    client_ip_address := address,
                    client_user_agent := device.agent,
                    fbp := fbp,
                    fbc := fbc
                ),
                custom_data := struct_pack(
                    "value" := sent_cents / 100,
                    currency := case when cents is not null then country.currency end,
                    order_id := order_id,
                    content_type := case when cents is not null then 'product' end,
                    contents := case when cents is not null then [struct_pack(id := 'sku-' || product, quantity := quantity)] end
                )
            ) as body
        from hashed

    )

    select
        *,
        without_nulls(to_json(body)) as payload,
        case
            when is_rejected then '{"error":{"message":"Unsupported post request","type":"OAuthException","code":100,"error_subcode":33,"fbtrace_id":"' || substr(trace_id, 1, 20) || '"}}'
            else '{"events_received":1,"messages":[],"fbtrace_id":"' || substr(trace_id, 1, 20) || '"}'
        end as answer,
        case when is_rejected then 400 else 200 end as http_status
    from bodied
);

-- Grain: one line of the log that a server tag writes: a request and its response per attempt.
create or replace macro gtms_lines_between(first_row, last_row) as table (
    select received_at - 500000 as happened_at, to_json(struct_pack(
        tag_name := 'Facebook', event_name := meta_name, "type" := 'Request', request_method := 'POST',
        request_url := 'https://graph.facebook.com/v24.0/' || getvariable('dataset_id') || '/events',
        request_body := '{"data":[' || payload || '],"partner_agent":"stape-gtmss-2.1.3"}',
        "timestamp" := (received_at - 500000) // 1000, trace_id := trace_id
    )) as line
    from attempts_between(first_row, last_row)
    union all
    select received_at as happened_at, to_json(struct_pack(
        tag_name := 'Facebook', event_name := meta_name, "type" := 'Response', "timestamp" := received_at // 1000,
        "Message" := 'Pixel ID: ' || getvariable('dataset_id'), response_status_code := http_status,
        response_body := cast(to_json(answer) as varchar), trace_id := trace_id
    )) as line
    from attempts_between(first_row, last_row)
);

create or replace macro gateway_line(happened_at, trace_id, name, event_id, customer_id, client_id, country_code, analytics, marketing, deliveries) as
    '{"timestamp":"' || utc_text(happened_at) || '","request_id":"' || trace_id || '","event_type":"' || name || '","event_id":"' || event_id
    || '","user":' || case
        when not analytics then '{}'
        when name in ('purchase', 'generate_lead', 'sign_up') then '{"user_id":"' || customer_id || '","client_id":"' || client_id || '"}'
        else '{"client_id":"' || client_id || '"}'
    end
    || ',"jurisdiction":"' || case when country_code = 'GB' then 'GB' else 'EU-' || country_code end
    || '","gpc":false,"consent_state":{"necessary":true,"analytics":' || analytics || ',"marketing":' || marketing
    || '},"deliveries":[' || deliveries || ']}';
create or replace macro ga4_delivery(analytics, has_value) as case
    when analytics then '{"destination":"ga4","status":"delivered","reason":null,"fields_sent":["event_name","event_id","client_id","page_location"'
        || case when has_value then ',"value","currency"' else '' end || '],"fields_stripped":["em","ph","fbp","fbc"],"consent_basis":"analytics"}'
    else '{"destination":"ga4","status":"blocked","reason":"analytics_denied","fields_sent":[],"fields_stripped":[],"consent_basis":"analytics"}'
end;

-- Grain: one line of the consent gateway's record: a decision about an event and its destinations.
create or replace macro gateway_lines_between(first_row, last_row) as table (
    select received_at as happened_at, gateway_line(
        received_at, trace_id, name, event_id, customer_id, client_id, country.code, allows_analytics, allows_marketing,
        '{"destination":"meta_capi","status":"' || case when is_rejected then 'failed' else 'delivered' end
        || '","fields_sent":' || to_json(list_concat(
            list_filter(json_keys(payload), lambda field: field not in ('user_data', 'custom_data')),
            json_keys(payload, '$.user_data'),
            json_keys(payload, '$.custom_data')
        )) || ',"fields_stripped":[],"consent_basis":"marketing","dataset_id":"' || getvariable('dataset_id')
        || '","request":' || payload || ',"http_status":' || http_status || ',"response":' || answer || '}'
        || case when is_repeat then '' else ',' || ga4_delivery(allows_analytics, cents is not null) end
    ) as line
    from attempts_between(first_row, last_row)
    union all
    select happened_at + 1500000 as happened_at, gateway_line(
        happened_at + 1500000, 'b' || substr(trace_id, 2), name, event_id, customer_id, client_id, country.code, allows_analytics, allows_marketing,
        '{"destination":"meta_capi","status":"blocked","reason":"marketing_denied","fields_sent":[],"fields_stripped":[],"consent_basis":"marketing","dataset_id":"'
        || getvariable('dataset_id') || '"},' || ga4_delivery(allows_analytics, cents is not null)
    ) as line
    from conversions_between(first_row, last_row)
    where not allows_marketing
);

-- Grain: one row per order, as a shop exports it.
create or replace macro orders_between(first_row, last_row) as table (
    select
        order_id as "Name",
        customer_id as "Customer ID",
        strftime(timezone(getvariable('timezone'), make_timestamptz(happened_at + 2000000)), '%Y-%m-%d %H:%M:%S') as "Created at",
        one_of(event, 'status', ['paid', 'paid', 'paid', 'paid', 'paid', 'paid', 'paid', 'fulfilled', 'refunded', 'cancelled']) as "Status",
        printf('%.2f', cents / 100) as "Total",
        country.currency as "Currency",
        case when event % 3 = 1 then upper(email[1]) || email[2:] else email end as "Email",
        phone as "Phone",
        first_name as "First name",
        last_name as "Last name",
        city as "City",
        '' as "Province",
        zip as "Zip",
        country.code as "Country",
        'false' as "Test",
        case when event % 40 = 0 then 'Please ring at the side door' else '' end as "Note"
    from conversions_between(first_row, last_row)
    where name = 'purchase'
);

-- Grain: one line of the consent log: the first choice of each visitor.
create or replace macro consent_lines() as table (
    select first_at - 1000000 as happened_at, to_json(struct_pack(
        "timestamp" := utc_text(first_at - 1000000),
        client_id := client_id,
        notice_version := '2026-01',
        jurisdiction := case when country.code = 'GB' then 'GB' else 'EU-' || country.code end,
        gpc := false,
        necessary := true,
        analytics := allows_analytics,
        marketing := allows_marketing,
        "action" := 'given'
    )) as line
    from visitors_between(0, getvariable('visitors'))
);
