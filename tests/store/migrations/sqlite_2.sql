-- A database of version 2, full of rows of every kind: :tracks of them, in batches of twenty. Track n is in state n % 12.

create temp table n as with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000) select i from n;
create temp table track as
select i, case i % 3 when 0 then 'youtube' when 1 then 'apple_music' else 'soundcloud' end as platform_name,
    printf('id%06d', i) as platform_id,
    case i % 12 when 0 then 'due' when 1 then 'page' when 2 then 'provider' when 3 then 'budget' when 4 then 'strategy'
        when 5 then 'backoff' when 6 then 'processing' when 7 then 'failed' when 8 then 'no_music' else 'completed' end as state,
    -- Twenty of a state are a batch.
    (i / 12) / 20 as lot, (i / 12) % 20 as place
from n;

insert into music_library
select platform_name, platform_id, iif(i % 17 = 0, null, 'https://example.org/' || platform_id),
    iif(state = 'page', null, 'Title ' || i || ' – “quoted”, ' || char(10) || '音楽'), iif(i % 2, 'Ada Lane', null),
    iif(i % 5, null, 'A description, ' || i), iif(i % 7, null, 'https://example.org/picture'),
    iif(i % 11, '{}', '{"og:type":"music.song","n":' || i || '}'), iif(state = 'page', null, 1000000 + i),
    iif(i % 13, null, 'listen!'), 1 + i % 4,
    iif(state = 'completed', 'Song ' || i, null), iif(state = 'completed', 'Ada Lane', null),
    iif(state = 'completed' and i % 2, 'Tides', null), iif(state = 'completed' and i % 3, '["folk","ambient"]', '[]'),
    iif(state = 'completed' and i % 4, '2021-03', null), iif(state = 'completed', 'song', null),
    iif(state = 'completed', (i % 100) / 100.0, null), iif(state = 'completed', '{"title":"rules"}', '{}'),
    iif(i % 19 = 0 and state = 'completed', '["title"]', '[]'),
    case state when 'page' then 'pending' when 'processing' then 'ai_processing' when 'completed' then 'ai_completed'
        when 'no_music' then 'no_music' when 'failed' then 'failed' else 'og_fetched' end,
    iif(state in ('completed', 'no_music'), 'rules', null), iif(state in ('completed', 'no_music'), 'd1', null),
    iif(i % 24 = 9, 'claude-haiku-5-5', null), iif(state in ('completed', 'no_music'), 3000000 + i, null),
    iif(state in ('completed', 'no_music'), 'd1', null), 1000000 + i, 3000000 + i
from track order by i;

-- Not in the library's order.
insert into music_ai_queue
select platform_name, platform_id,
    case state when 'processing' then 'processing' when 'failed' then 'failed' when 'completed' then 'completed'
        when 'no_music' then 'completed' else 'pending' end,
    i % 11, 1000000 + i, iif(state = 'backoff', 9000000000000 + i, null),
    iif(state in ('page', 'provider', 'budget', 'strategy'), state, null),
    iif(state in ('processing', 'completed', 'no_music', 'failed'), 2000000 + i, null),
    iif(state in ('completed', 'no_music', 'failed'), 3000000 + i, null),
    case state when 'processing' then 1 when 'failed' then 5 when 'backoff' then 1 + i % 4 else 0 end,
    case i % 5 when 0 then 10 when 1 then 1 else 100 end,
    iif(state = 'processing', printf('01900000-0000-7000-8000-0000%08d', lot), null), iif(state = 'processing', place, null),
    iif(state in ('failed', 'backoff'), 'the strategy said: nothing' || char(10) || 'at all', null)
from track order by i * 7919 % 30011;

update music_library set title = title || ' (live)', updated_by = iif(rowid % 2, 'operator', 'd2'),
    updated_at = updated_at + 1, genres = '["jazz"]'
where processing_status = 'ai_completed' and rowid % 10 = 3;

-- Leased batches, whose tracks are shown in the order of their places; every third of them is the successor of a lost one.
create temp table lot as
select state, lot, min(i) as first, count(*) as size, json_group_array(json_object('platform_name', platform_name,
        'platform_id', platform_id, 'url', url, 'og_title', og_title, 'og_artist', og_artist,
        'og_description', og_description, 'og_metadata', og_metadata, 'shared_text', shared_text) order by place) as tracks
from track join music_library using (platform_name, platform_id)
where state in ('processing', 'completed') and (state = 'processing' or i % 12 = 9)
group by state, lot;

insert into extraction_batch
select printf('01900000-0000-7000-8000-0000%08d', lot),
    printf('01900000-0000-7000-8000-%s%08d', iif(lot % 3 = 0, 'aaaa', '0000'), lot), 'host-2', 'leased', 9000000000000, size,
    3, tracks, 0, 0, 0, 2000000 + lot, null
from lot where state = 'processing';
insert into extraction_batch
select printf('01900000-0000-7000-8000-aaaa%08d', lot), printf('01900000-0000-7000-8000-aaaa%08d', lot), 'host-1', 'lost',
    1900000, size, 2, tracks, 1, 0, 7, 1800000 + lot, 1900000 + lot
from lot where state = 'processing' and lot % 3 = 0;
insert into extraction_batch
select printf('01800000-0000-7000-8000-0000%08d', lot), printf('01800000-0000-7000-8000-0000%08d', lot), 'host-1', 'settled',
    1700000, size, 1, tracks, size, 0, 70, 1600000 + lot, 1700000 + lot
from lot where state = 'completed';
-- What is being worked on was worked on before, when its pages said less.
insert into extraction_batch
select printf('01500000-0000-7000-8000-0000%08d', lot), printf('01500000-0000-7000-8000-0000%08d', lot), 'host-0', 'settled',
    1500000, size, 1, (select json_group_array(json_set(value, '$.og_title', null)) from json_each(tracks)), 0, size, 0,
    1400000 + lot, 1500000 + lot
from lot where state = 'processing' and lot % 2 = 0;
insert into extraction_batch
values ('01700000-0000-7000-8000-000000000000', '01700000-0000-7000-8000-000000000000', 'host-0', 'released', 1, 0, 1, '[]',
    0, 0, 0, 1, 2);

-- A page says more than it did when it was shown: of tracks that are being worked on, and of some that were.
update music_library set og_description = 'now it says more', shared_text = 'a favourite'
where rowid in (select i from track where i % 12 in (6, 9) and i % 5 and i % 13 and i % 8 = 1);

-- A reply that is read, one that is not, a question without an answer, and one that failed.
insert into model_call
select printf('%s-%d', b.id, kind), b.id, b.root_id, 'llm', 'd2', 1 + kind % 2, 'extract',
    json_object('tag', 'extract', 'indexes', json('[0]'), 'system', 's', 'user', b.id || kind, 'response_schema', null,
        'max_output_tokens', 100),
    'prompt ' || b.root_id || ' ' || kind, 'anthropic', 'claude-haiku-5-5', b.created_at + kind,
    iif(kind = 2, null, b.created_at + 100), iif(kind in (0, 1), 'reply of ' || b.root_id, null),
    iif(kind in (0, 1), 'complete', null), iif(kind in (0, 1), 'claude-haiku-5-5', null), iif(kind = 0, 'req_' || b.id, null),
    iif(kind in (0, 1), 100, null), iif(kind in (0, 1), 50, null), iif(kind in (0, 1), 20, null), iif(kind = 0, 35, null),
    iif(kind in (0, 1), 900, null), iif(kind = 3, 'the provider answered 500', null),
    iif(kind = 0 and b.state = 'settled', b.finished_at, null), iif(kind = 0 and b.state = 'settled', 1, null)
from extraction_batch b, (select 0 as kind union all select 1 union all select 2 union all select 3)
where b.size > 0;

insert into host
select 'host-' || value, 1500000 + value, 1600000 + value, '0.1.' || value from json_each('[0,1,2]');
update worker_control set paused_at = 123456, paused_by = 'ada', reason = 'an update';
insert into pipeline
select value, '[{"name":"rules","digest":"d1"}]', iif(value = 3, 'promoted', 'installed'), 'ada', 1000 + value,
    iif(value > 1, value - 1, null), iif(value = 3, 'it is better', null), iif(value < 3, 1100 + value, null)
from json_each('[1,2,3]');
insert into plugin
select 'd' || value, 'plugin ' || value, '0.' || value || '.0', '0.1.0', 'Says something.', value % 2, 4096, randomblob(4096),
    1000 - value
from json_each('[1,2,3]');
insert into plugin_file values ('dashes.wasm', 'f1', 'd2', 'plugin 2', '{"name":"plugin 1"}'), ('odd.wasm', 'f2', null, null, null);
insert into shadow_outcome (digest, batch_id, platform_name, platform_id, candidate, active, cost_micros, time_us, at)
select 'd3', 'b' || i / 20, platform_name, platform_id, '{"no_music":' || i || '}', '{"undecided":{"reason":"–"}}', i % 9, i, 1000 + i
from track where i <= 3000;
insert into event (at, kind, subject, text)
select 1000 + i, iif(i % 2, 'refused', 'swapped'), 'a file', 'event ' || i from n where i <= 5000;

drop table n;
drop table track;
drop table lot;
