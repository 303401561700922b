-- For wrk: pipelines as deep as the first argument says, and ends with the figures as JSON.
function init(args)
    local depth = tonumber(args[1])
    -- A request that is a function is called for each; without one, wrk sends the same bytes again.
    if depth > 1 then
        local batch = string.rep(wrk.format(), depth)
        request = function() return batch end
    end
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests": %d, "bytes": %d, "errors": %d, "requests_per_second": %.0f, ' ..
        '"p50_us": %.1f, "p99_us": %.1f}\n',
        summary.requests, summary.bytes,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout,
        summary.requests / summary.duration * 1e6,
        latency:percentile(50), latency:percentile(99)))
end
