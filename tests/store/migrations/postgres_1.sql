-- A PostgreSQL database of version 1, full of rows of every kind: 6,000 tracks, in batches of twenty. Track n is in state
-- n % 12.

create temp table track as
select i, (array['youtube', 'apple_music', 'soundcloud'])[1 + i % 3] as platform_name,
    'id' || lpad(i::text, 6, '0') as platform_id,
    (array['due', 'page', 'provider', 'budget', 'strategy', 'backoff', 'processing', 'failed', 'no_music', 'completed',
        'completed', 'completed'])[1 + i % 12] as state,
    -- Twenty of a state are a batch.
    (i / 12) / 20 as lot
from generate_series(1, 6000) as i;

insert into music_library (platform_name, platform_id, url, og_title, og_artist, og_metadata, og_fetched_at, shared_text,
    share_count, title, artist, genres, release_date, music_type, confidence_score, origins, corrected_fields,
    processing_status, strategy, strategy_digest, model, ai_processed_at, updated_by, created_at, updated_at)
select platform_name, platform_id, case when i % 17 > 0 then 'https://example.org/' || platform_id end,
    case when state <> 'page' then 'Title ' || i || E' – “quoted”, \n音楽' end, case when i % 2 = 0 then 'Ada Lane' end,
    case when i % 11 = 0 then '{"og:type":"music.song","n":' || i || '}' else '{}' end,
    case when state <> 'page' then 1000000 + i end, case when i % 13 = 0 then 'listen!' end, 1 + i % 4,
    case when state = 'completed' then 'Song ' || i end, case when state = 'completed' then 'Ada Lane' end,
    case when state = 'completed' and i % 3 = 0 then '{folk,"drum-and-bass"}'::text[] else '{}' end,
    case when state = 'completed' and i % 4 = 0 then '2021-03' end, case when state = 'completed' then 'song' end,
    case when state = 'completed' then (i % 100) / 100.0 end,
    case when state = 'completed' then '{"title":"rules"}' else '{}' end,
    case when i % 19 = 0 and state = 'completed' then '["title"]' else '[]' end,
    case state when 'completed' then 'ai_completed' when 'no_music' then 'no_music' when 'failed' then 'failed'
        when 'page' then 'pending' else 'og_fetched' end,
    case when state in ('completed', 'no_music') then 'rules' end, case when state in ('completed', 'no_music') then 'd1' end,
    case when i % 24 = 9 then 'claude-haiku-5-5' end, case when state in ('completed', 'no_music') then 3000000 + i end,
    case when state in ('completed', 'no_music') then 'd1' end, 1000000 + i, 3000000 + i
from track order by i;

insert into music_ai_queue (id, platform_name, platform_id, status, priority, queued_at, not_before, waiting_for,
    processing_started_at, processed_at, retry_count, max_batch, batch_id, error_message)
select l.id, platform_name, platform_id,
    case state when 'processing' then 'processing' when 'failed' then 'failed' when 'completed' then 'completed'
        when 'no_music' then 'completed' else 'pending' end,
    i % 11, 1000000 + i, case when state = 'backoff' then 9000000000000 + i end,
    case when state in ('page', 'provider', 'budget', 'strategy') then state end,
    case when state in ('processing', 'completed', 'no_music', 'failed') then 2000000 + i end,
    case when state in ('completed', 'no_music', 'failed') then 3000000 + i end,
    case state when 'processing' then 1 when 'failed' then 5 when 'backoff' then 1 + i % 4 else 0 end,
    case i % 5 when 0 then 10 when 1 then 1 else 100 end,
    case when state = 'processing' then '01900000-0000-7000-8000-' || lpad(lot::text, 12, '0') end,
    case when state in ('failed', 'backoff') then E'the strategy said: nothing\nat all' end
from track join music_library l using (platform_name, platform_id) order by i;

-- Batches that are being worked on, that were, that were lost and that were given back.
insert into extraction_batch
select '01900000-0000-7000-8000-' || lpad(lot::text, 12, '0'), '01900000-0000-7000-8000-' || lpad(lot::text, 12, '0'),
    'host-2', 'leased', 9000000000000, count(*), 3, array_agg(l.id order by i), 0, 0, 0, 0, 2000000 + lot, null
from track join music_library l using (platform_name, platform_id) where state = 'processing' group by lot;
insert into extraction_batch
select '01800000-0000-7000-8000-' || lpad(lot::text, 12, '0'), '01800000-0000-7000-8000-' || lpad(lot::text, 12, '0'),
    'host-1', (array['settled', 'lost', 'released'])[1 + lot % 3], 1700000, count(*), 1, array_agg(l.id order by i), 0,
    count(*), 0, 70, 1600000 + lot, 1700000 + lot
from track join music_library l using (platform_name, platform_id) where state = 'completed' group by lot;

update music_library set title = title || ' (live)', genres = '{jazz}', updated_by = 'operator', updated_at = updated_at + 1
where processing_status = 'ai_completed' and id % 10 = 3;
update music_library set shared_text = 'a favourite' where id % 50 = 7;

-- A reply that is read, one that is not, a question without an answer, and one that failed.
insert into prompt_frame values ('f1', 'You read titles.', '{"type":"object"}'), ('f2', 'You read more.', null);
insert into model_call (id, batch_id, root_id, strategy, strategy_digest, round, tag, frame, prompt, prompt_digest, provider,
    model, sent_at, answered_at, reply, stop, answered_by, request_id, tokens_in, tokens_cached, tokens_out, cost_micros,
    latency_ms, error, interpreted_at, decided_all, reserved_micros, lost_at)
select b.id || '-' || kind, b.id, b.root_id, 'llm', 'd2', 1 + kind % 2, 'extract', 'f' || 1 + kind % 2,
    '{"tag":"extract","indexes":[0],"user":"u","max_output_tokens":100}', 'prompt ' || b.root_id || ' ' || kind,
    'anthropic', 'claude-haiku-5-5', b.created_at + kind, case when kind <> 2 then b.created_at + 100 end,
    case when kind < 2 then 'reply of ' || b.root_id end, case kind when 0 then 'complete' when 1 then 'truncated' end,
    case when kind < 2 then 'claude-haiku-5-5' end, case when kind = 0 then 'req_' || b.id end,
    case when kind < 2 then 100 end, case when kind < 2 then 50 end, case when kind < 2 then 20 end,
    case when kind = 0 then 35 end, case when kind < 2 then 900 end,
    case when kind = 3 then 'the provider answered 500' end,
    case when kind = 0 and b.state = 'settled' then b.finished_at end, case when kind = 0 and b.state = 'settled' then true end,
    case when kind = 2 then 40 else 0 end, case when kind = 2 and b.state = 'lost' then b.finished_at end
from extraction_batch b, generate_series(0, 3) as kind;

insert into host (id, name, version, started_at, seen_at)
select 'host-' || n, 'machine ' || n, '0.1.' || n, 1500000 + n, 1600000 + n from generate_series(0, 2) as n;
update worker_control set paused_at = 123456, paused_by = 'ada', reason = 'an update';
insert into provider_budget values ('anthropic', 2000000, '529', 3.5, 1900000, 40, 100, 2000, 0);
insert into plugin (digest, name, version, contract, summary, asks_model, size, bytes, first_seen_at)
select 'd' || n, 'plugin ' || n, '0.' || n || '.0', '0.1.0', 'Says something.', n = 2, 16, decode(md5(n::text), 'hex'), 1000 - n
from generate_series(1, 3) as n;
insert into pipeline
select n, '[{"name":"rules","digest":"d1"}]', 'installed', 'ada', 1000 + n, nullif(n - 1, 0), null, 1100 + n
from generate_series(1, 3) as n;
insert into plugin_file values ('/a', 'dashes.wasm', 'f1', 'd2', 'plugin 2', '{"name":"plugin 1"}');
insert into shadow_outcome (digest, batch_id, platform_name, platform_id, candidate, active, cost_micros, time_us, at)
select 'd3', 'b' || i / 20, platform_name, platform_id, '{"no_music":' || i || '}', '"unanswered"', i % 9, i, 1000 + i
from track where i <= 600;
insert into event (at, kind, subject, text)
select 1000 + n, 'refused', 'a file', 'event ' || n from generate_series(1, 1000) as n;
