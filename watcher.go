package becket

import (
	"fmt"

	"github.com/becketflags/becket/internal/poll"
	"github.com/becketflags/becket/internal/push"
)

// watcher watches the signals of a client. The zero watcher watches nothing.
type watcher struct{ group *push.Group }

// startWatcher watches the signals of the options, and the source if it is a signal.
func startWatcher(f *fetcher, loop *poll.Loop) watcher {
	signals := signalsOf(f.config)
	if len(signals) == 0 {
		return watcher{}
	}
	return watcher{push.Start(signals, f.config.interval, push.Tasks{
		Hinted: func(h push.Hint) {
			f.pursuit.Hint(h)
			spread := f.config.spread
			if h.Spread > 0 {
				spread = min(h.Spread, maxSignalSpread)
			}
			loop.Hint(spread)
		},
		Resting: f.pace.Rest,
		Changed: func(name string, err error) {
			e := &event{signal: name}
			if err != nil {
				e.failure = &DeliveryError{CauseSignal, fmt.Errorf("%s: %w", name, within{err})}
			}
			f.notifier.notify(e)
		},
		Spawn: func(run func()) { go f.notifier.own.run(run) },
		Call:  callOut,
		Clock: f.config.clock,
	})}
}

// stop ends the watches. It does not wait for the end.
func (w *watcher) stop() {
	if w.group != nil {
		w.group.Stop()
	}
}

// ended returns a channel that is closed when all watches have ended.
func (w *watcher) ended() <-chan struct{} {
	if w.group != nil {
		return w.group.Done()
	}
	done := make(chan struct{})
	close(done)
	return done
}

// status returns the states of the signals.
func (w *watcher) status() (list []SignalStatus) {
	if w.group == nil {
		return nil
	}
	for _, s := range w.group.States() {
		list = append(list, SignalStatus{s.Name, s.Connected, s.Since, s.LastHint, s.LastError, s.PollsOn})
	}
	return list
}
