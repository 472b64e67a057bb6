package tree

import (
	"math"
	"slices"
	"time"

	"github.com/becketflags/becket/internal/poll"
	"github.com/becketflags/becket/internal/push"
)

// happen changes the world by an event.
func (w *world) happen(e event) {
	switch e.kind {
	case publishes:
		w.publish()
	case revives:
		w.servers[e.client].down = false
	case renews:
		s := &w.servers[e.client]
		s.asking, s.renewed, s.fresh = false, w.now, s.fresh || w.servers[0].fresh
	case asks:
		w.ask(e.client)
	default:
		w.happenTo(e.client, e.kind)
	}
}

// happenTo changes a client by an event.
func (w *world) happenTo(who int32, what kind) {
	c := &w.clients[who]
	if c.relay >= 0 && w.servers[c.relay].down { // a dead relay does nothing
		c.running = false
		return
	}
	switch what {
	case wakes:
		if !c.running && w.now >= c.due() {
			w.fetch(who)
		}
	case gets, getsNew:
		w.finish(who, false)
		if what == getsNew && !c.fresh {
			w.accept(who)
		}
	case fails:
		w.finish(who, true)
	case hears:
		w.hint(who, w.plan.Spread)
	case loses:
		w.lose(who)
	case connects:
		w.connect(who)
	case joins:
		w.join(who)
	}
}

// due returns when the next fetch is due, as poll.Loop does.
func (c *client) due() time.Duration {
	due := c.planned
	if c.hinted >= 0 {
		due = min(due, max(c.hinted, c.began+poll.Floor))
	}
	return due
}

// publish makes the origin serve the new ruleset, and stops the relays that are to be dead.
func (w *world) publish() {
	w.servers[0].fresh = true
	w.tell(0)
	for i := range w.plan.Dead {
		relay := int32(1 + i)
		s := &w.servers[relay]
		s.down = true
		if w.plan.For > 0 {
			w.at(w.now+w.plan.For, relay, revives)
			w.at(w.now+w.plan.For, s.client, connects)
		}
		w.clients[s.client].connected = false
		for who := s.first; who < s.first+s.count; who++ {
			if w.clients[who].server != relay {
				continue
			}
			lost := w.now + w.plan.Delay
			if w.plan.Silent {
				lost = w.lastByte() + silence
			}
			w.at(lost, who, loses)
		}
	}
}

// tell sends a hint to all streams of a server.
func (w *world) tell(from int32) {
	s := &w.servers[from]
	for who := s.first; who < s.first+s.count; who++ {
		if c := &w.clients[who]; c.connected && c.server == from {
			w.at(w.now+w.plan.Delay, who, hears)
		}
	}
}

// fetch sends a request.
func (w *world) fetch(who int32) {
	c := &w.clients[who]
	c.running, c.began, c.hinted = true, w.now, -1
	w.at(w.now+w.plan.Delay, who, asks)
}

// ask answers a request that arrives at the client's server.
func (w *world) ask(who int32) {
	c := &w.clients[who]
	s := &w.servers[c.server]
	if s.down && (!w.plan.Silent || !c.connected) && !w.reroute(c) {
		w.at(w.now+w.plan.Delay, who, fails)
		return
	}
	if s = &w.servers[c.server]; s.down { // the connection is open, and nobody answers
		w.at(w.now+timeout, who, fails)
		return
	}
	if w.plan.Edges > 0 {
		w.renew(c.server)
	}
	s.requests[w.now/time.Second]++
	answer := gets
	if s.fresh && !c.fresh {
		answer = getsNew
	}
	w.at(w.now+w.plan.Delay, who, answer)
}

// reroute makes the client use a server of its address that is alive. It reports whether there is
// one.
func (w *world) reroute(c *client) bool {
	if c.group == 0 {
		return !w.servers[0].down
	}
	relays := int32(w.plan.Relays)
	start := w.random.Int32N(relays)
	for i := range relays {
		if other := c.group + (start+i)%relays; !w.servers[other].down {
			c.server = other
			return true
		}
	}
	return false
}

// renew makes an edge ask the origin if its answer is too old. Meanwhile it serves the old answer.
func (w *world) renew(edge int32) {
	s := &w.servers[edge]
	if s.asking || w.now-s.renewed < w.plan.MaxAge {
		return
	}
	s.asking = true
	w.servers[0].requests[w.now/time.Second]++
	w.at(w.now+2*w.plan.Delay, edge, renews)
}

// finish plans the next fetch after one has ended.
func (w *world) finish(who int32, failed bool) {
	c := &w.clients[who]
	c.running = false
	if failed && w.plan.Silent && w.servers[c.server].down {
		w.reroute(c) // no later fetch uses a connection without an answer
	}
	c.planned = w.now + c.schedule.Next(failed, 0)
	w.at(c.due(), who, wakes)
}

// accept records that the client has the new ruleset. A relay serves it on.
func (w *world) accept(who int32) {
	c := &w.clients[who]
	c.fresh = true
	if c.relay < 0 {
		w.times = append(w.times, w.now-w.plan.Publish)
		return
	}
	w.servers[c.relay].fresh = true
	w.tell(c.relay)
}

// hint makes the client fetch after a random part of the spread, as poll.Loop does.
func (w *world) hint(who int32, spread time.Duration) {
	c := &w.clients[who]
	if spread == 0 {
		spread = signalSpread
	}
	due := w.now + c.schedule.Part(spread)
	if c.hinted < 0 || due < c.hinted {
		c.hinted = due
	}
	if !c.running {
		w.at(c.due(), who, wakes)
	}
}

// lose makes the client poll as without a signal, and open its stream again after a pause.
func (w *world) lose(who int32) {
	c := &w.clients[who]
	c.connected, c.pauses = false, push.NewPauses(w.plan.Interval, w.random.Float64)
	w.pace(who, w.plan.Interval)
	w.at(w.now+c.pauses.Next(), who, connects)
}

// pace changes the poll interval, as poll.Loop does.
func (w *world) pace(who int32, interval time.Duration) {
	c := &w.clients[who]
	before := c.interval
	c.interval = interval
	c.schedule.SetInterval(interval)
	if soon := w.now + c.schedule.Part(interval); interval < before && c.planned > soon && !c.running {
		c.planned = soon
		w.at(c.due(), who, wakes)
	}
}

// connect opens the stream to a server that is alive, or waits for another pause.
func (w *world) connect(who int32) {
	c := &w.clients[who]
	switch {
	case w.reroute(c):
		w.at(w.now+2*w.plan.Delay, who, joins)
	case c.pauses != nil:
		w.at(w.now+2*w.plan.Delay+c.pauses.Next(), who, connects)
	}
}

// join makes the client fetch once after its stream is open, and poll more rarely.
func (w *world) join(who int32) {
	c := &w.clients[who]
	c.connected = true
	w.pace(who, w.resting)
	w.hint(who, signalSpread)
}

// result evaluates what was counted.
func (w *world) result() Result {
	r := Result{Plan: w.plan, Origin: w.servers[0].requests}
	most := -1
	for i := 1; i < len(w.servers); i++ {
		requests := w.servers[i].requests
		if peak := slices.Max(requests[w.plan.Publish/time.Second:]); peak > most {
			most, r.Relay = peak, requests
		}
	}
	slices.Sort(w.times)
	all := w.plan.Regions * w.plan.Clusters * w.plan.Instances
	for i := range r.Shares {
		r.Shares[i] = -1
		if n := all * i / (len(r.Shares) - 1); n <= len(w.times) && len(w.times) > 0 {
			r.Shares[i] = w.times[max(0, n-1)]
		}
	}
	return r
}

// Share returns the time from Publish until a share of the instances has the new ruleset; below 0
// if it never does. The share is rounded to a thousandth.
func (r *Result) Share(share float64) time.Duration {
	return r.Shares[int(math.Round(share*float64(len(r.Shares)-1)))]
}

// Last returns the time from Publish until the last instance has the new ruleset; below 0 if it
// never does.
func (r *Result) Last() time.Duration { return r.Shares[len(r.Shares)-1] }

// Before returns the mean of requests per second before Publish.
func (r *Result) Before(requests []int) float64 {
	sum, seconds := 0, r.Plan.Publish/time.Second
	for _, n := range requests[:seconds] {
		sum += n
	}
	return float64(sum) / float64(seconds)
}

// Peak returns the requests of the busiest second after Publish.
func (r *Result) Peak(requests []int) int { return slices.Max(requests[r.Plan.Publish/time.Second:]) }
