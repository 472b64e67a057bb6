// Package tree simulates one million instances behind a tree of relays while a ruleset is
// published. The waits are those of the library: the schedule of internal/poll, the pauses and the
// pace of internal/push. The network is a delay, and time goes in steps of a millisecond. The same
// seed gives the same result.
package tree

import (
	"math/rand/v2"
	"time"

	"github.com/becketflags/becket/internal/events"
	"github.com/becketflags/becket/internal/poll"
	"github.com/becketflags/becket/internal/push"
)

// Plan is what is simulated.
type Plan struct {
	Seed      uint64
	Regions   int           // the regions; each asks the origin
	Clusters  int           // the clusters of a region; each asks the relays of its region
	Instances int           // the instances of a cluster; each asks the relays of its cluster
	Relays    int           // the relays that share an address, in each region and each cluster
	Interval  time.Duration // WithPollInterval of all clients
	Spread    time.Duration // WithSpread of the origin and of all relays
	Delay     time.Duration // on the way between two levels, in one direction
	Publish   time.Duration // when the ruleset is published
	End       time.Duration

	Dead   int           // the relays of the first region that are dead from Publish on
	For    time.Duration // how long they are dead; 0 means until the end
	Silent bool          // they do not close their connections

	// Edges are the locations of a CDN that all instances poll, in place of relays and of push.
	Edges  int
	MaxAge time.Duration // of the answers in the CDN
}

const (
	signalSpread = time.Second      // the default of becket.WithSignalSpread
	timeout      = 10 * time.Second // the default of becket.WithTimeout
	silence      = time.Minute      // how long a stream without a byte lasts, see becket.WithEvents
)

// Result is what the simulation has counted.
type Result struct {
	Plan   Plan
	Origin []int // requests at the origin in each second
	Relay  []int // requests in each second at the relay or edge that is the busiest after Publish
	// Shares holds the times from Publish until so many thousandths of the instances have the new
	// ruleset; below 0 if so many do not have it.
	Shares [1001]time.Duration
}

// server is the origin, a relay or an edge.
type server struct {
	client   int32 // the client of a relay; below 0 if it has none
	first    int32 // the first of the clients that may ask it
	count    int32 // the number of these clients
	fresh    bool  // it serves the new ruleset
	down     bool
	renewed  time.Duration // when an edge was last confirmed
	asking   bool          // an edge asks the origin
	requests []int         // in each second
}

// client is an instance, or what a relay asks with.
type client struct {
	group     int32 // the first of the servers that share the address that it asks
	server    int32 // the server of its stream and its requests
	relay     int32 // the server that it feeds; below 0 for an instance
	fresh     bool  // it has the new ruleset
	connected bool
	running   bool
	interval  time.Duration // the poll interval that applies, see push.Pace
	planned   time.Duration
	hinted    time.Duration // when the fetch of a hint is due; below 0 without a hint
	began     time.Duration // when the last fetch began
	schedule  *poll.Schedule
	pauses    *push.Pauses // nil before the first loss
}

// event is something that happens at a moment.
type event struct {
	client int32
	kind   kind
}

type kind uint8

const (
	wakes    kind = iota // a fetch may be due
	asks                 // a request arrives at the server
	gets                 // the answer without a change arrives
	getsNew              // the answer with the new ruleset arrives
	fails                // there is no answer
	hears                // a hint arrives
	loses                // the stream is lost
	connects             // the client opens its stream
	joins                // the stream is open
	renews               // the origin's answer arrives at an edge; client is the server
	publishes
	revives
)

const step = time.Millisecond

// world is the state of the simulation.
type world struct {
	plan    Plan
	random  *rand.Rand
	now     time.Duration
	due     [][]event // by the step in which they happen
	servers []server
	clients []client
	resting time.Duration // the poll interval while a signal is connected
	times   []time.Duration
}

// Run simulates the plan.
func Run(plan Plan) Result {
	w := &world{
		plan: plan, random: rand.New(rand.NewPCG(plan.Seed, 0)),
		due: make([][]event, plan.End/step+1),
	}
	push.NewPace(plan.Interval, func(interval time.Duration) { w.resting = interval }).Rest(true)
	w.addServer(-1)
	if plan.Edges > 0 {
		w.addEdges()
	} else {
		w.addTree()
	}
	w.at(plan.Publish, 0, publishes)
	for i := range w.due {
		w.now = time.Duration(i) * step
		for j := 0; j < len(w.due[i]); j++ { // events may cause others in the same step
			w.happen(w.due[i][j])
		}
		w.due[i] = nil
	}
	return w.result()
}

// at makes an event happen in the first step that is not before a time, or now if that has passed.
func (w *world) at(when time.Duration, who int32, what kind) {
	if i := (max(when, w.now) + step - 1) / step; int(i) < len(w.due) {
		w.due[i] = append(w.due[i], event{who, what})
	}
}

func (w *world) addServer(of int32) int32 {
	w.servers = append(w.servers, server{client: of, requests: make([]int, w.plan.End/time.Second+1)})
	return int32(len(w.servers) - 1)
}

// addClient adds a client that has been running for a while.
func (w *world) addClient(group, shared, feeds int32, interval time.Duration) int32 {
	c := client{
		group: group, server: group + w.random.Int32N(shared), relay: feeds, hinted: -1, began: -time.Hour,
		interval: interval, schedule: poll.NewSchedule(w.plan.Interval, w.random.Float64),
		connected: w.plan.Edges == 0,
	}
	c.schedule.Next(false, 0) // the first wait is longer or shorter than later ones
	c.schedule.SetInterval(interval)
	c.planned = c.schedule.Part(interval)
	w.clients = append(w.clients, c)
	who := int32(len(w.clients) - 1)
	w.at(c.planned, who, wakes)
	return who
}

func (w *world) addEdges() {
	for range w.plan.Edges {
		w.addServer(-1)
	}
	for i := 1; i < len(w.servers); i++ {
		w.servers[i].renewed = -time.Duration(w.random.Int64N(int64(w.plan.MaxAge)))
	}
	for range w.plan.Regions * w.plan.Clusters * w.plan.Instances {
		w.addClient(1, int32(w.plan.Edges), -1, w.plan.Interval)
	}
}

// addTree adds the relays and instances. The clients of an address stand side by side.
func (w *world) addTree() {
	regions := w.addRelays(0, 1, w.plan.Regions)
	var clusters []int32
	for _, region := range regions {
		relays := w.addRelays(region, int32(w.plan.Relays), w.plan.Clusters)
		clusters = append(clusters, relays...)
	}
	for _, cluster := range clusters {
		first := int32(len(w.clients))
		for range w.plan.Instances {
			w.addClient(cluster, int32(w.plan.Relays), -1, w.resting)
		}
		w.serves(cluster, int32(w.plan.Relays), first)
	}
}

// addRelays adds the relays of a number of addresses that ask the servers of a group, and returns
// the first relay of each address.
func (w *world) addRelays(group, shared int32, addresses int) (groups []int32) {
	first := int32(len(w.clients))
	for range addresses {
		for i := range w.plan.Relays {
			relay := w.addServer(int32(len(w.clients)))
			w.addClient(group, shared, relay, w.resting)
			if i == 0 {
				groups = append(groups, relay)
			}
		}
	}
	w.serves(group, shared, first)
	return groups
}

// serves records that the clients from first on ask the servers of a group.
func (w *world) serves(group, shared, first int32) {
	for i := group; i < group+shared; i++ {
		w.servers[i].first, w.servers[i].count = first, int32(len(w.clients))-first
	}
}

// lastByte returns when the last heartbeat came from a server that is silent from now on.
func (w *world) lastByte() time.Duration {
	return w.now - time.Duration(w.random.Int64N(int64(events.DefaultHeartbeat)))
}
