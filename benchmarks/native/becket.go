package native

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/becketflags/becket"

	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/scene"
)

// Contenders are becket as its documentation shows it, and becket with a kept view, which measures
// the second check of a request.
func Contenders() []contender.Contender {
	return []contender.Contender{
		{Name: "becket", Role: contender.Ours, Prepare: prepare},
		{Name: "becket, view kept", Role: contender.Extra, Prepare: prepareKept},
	}
}

// Client returns a client that serves the workload's document.
func Client(w scene.Workload) (*becket.Client, error) {
	document, err := Document(w)
	if err != nil {
		return nil, err
	}
	client, err := becket.New(becket.Bytes(document), becket.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := client.Wait(ctx); err != nil {
		return nil, err
	}
	if bad := client.Status().Bad; len(bad) > 0 {
		return nil, fmt.Errorf("%s: flags are invalid: %v", w.ID, bad)
	}
	return client, nil
}

func prepare(w scene.Workload, users *scene.AllUsers) (*contender.Runner, error) {
	client, err := Client(w)
	if err != nil {
		return nil, err
	}
	var subjects [scene.Rotation]becket.Subject
	for i := range users {
		subjects[i] = subjectOf(&users[i])
	}
	r := boolean(client, w.Flag, &subjects, users)
	if w.Kind == scene.Split {
		r = split(client, w.Flag, &subjects, users)
	}
	r.Close = func() { _ = client.Close() }
	return r, nil
}

// subjectOf is for kept subjects. The loops contain the call itself, because its attributes can
// then stay on the caller's stack.
func subjectOf(u *scene.User) becket.Subject {
	return becket.NewSubject(u.Key,
		becket.String("country", u.Country),
		becket.String("version", u.Version),
		becket.String("plan", u.Plan),
		becket.Int("age", u.Age),
		becket.Bool("beta", u.Beta))
}

//go:noinline
func boolean(
	client *becket.Client, key string, subjects *[scene.Rotation]becket.Subject, users *scene.AllUsers,
) *contender.Runner {
	return &contender.Runner{
		Beforehand: func(n int) (sum uint64) {
			for i := range n {
				if client.For(subjects[i&scene.Mask]).Enabled(key) {
					sum++
				}
			}
			return sum
		},
		InCall: func(n int) (sum uint64) {
			for i := range n {
				u := &users[i&scene.Mask]
				if client.For(becket.NewSubject(u.Key,
					becket.String("country", u.Country),
					becket.String("version", u.Version),
					becket.String("plan", u.Plan),
					becket.Int("age", u.Age),
					becket.Bool("beta", u.Beta))).Enabled(key) {
					sum++
				}
			}
			return sum
		},
		Answer: func(u *scene.User) uint64 {
			if client.For(subjectOf(u)).Enabled(key) {
				return 1
			}
			return 0
		},
	}
}

//go:noinline
func split(
	client *becket.Client, key string, subjects *[scene.Rotation]becket.Subject, users *scene.AllUsers,
) *contender.Runner {
	return &contender.Runner{
		Beforehand: func(n int) (sum uint64) {
			for i := range n {
				sum += uint64(len(client.For(subjects[i&scene.Mask]).String(key, "")))
			}
			return sum
		},
		InCall: func(n int) (sum uint64) {
			for i := range n {
				u := &users[i&scene.Mask]
				sum += uint64(len(client.For(becket.NewSubject(u.Key,
					becket.String("country", u.Country),
					becket.String("version", u.Version),
					becket.String("plan", u.Plan),
					becket.Int("age", u.Age),
					becket.Bool("beta", u.Beta))).String(key, "")))
			}
			return sum
		},
		Answer: func(u *scene.User) uint64 {
			return uint64(len(client.For(subjectOf(u)).String(key, "")))
		},
	}
}

func prepareKept(w scene.Workload, users *scene.AllUsers) (*contender.Runner, error) {
	if w.OnlyInCall {
		return nil, contender.ErrUnsupported
	}
	client, err := Client(w)
	if err != nil {
		return nil, err
	}
	var views [scene.Rotation]becket.View
	var subjects [scene.Rotation]becket.Subject
	for i := range users {
		subjects[i] = subjectOf(&users[i])
		views[i] = client.For(subjects[i])
	}
	key := w.Flag
	r := boolean(client, key, &subjects, users)
	r.Beforehand = func(n int) (sum uint64) {
		for i := range n {
			if views[i&scene.Mask].Enabled(key) {
				sum++
			}
		}
		return sum
	}
	if w.Kind == scene.Split {
		r = split(client, key, &subjects, users)
		r.Beforehand = func(n int) (sum uint64) {
			for i := range n {
				sum += uint64(len(views[i&scene.Mask].String(key, "")))
			}
			return sum
		}
	}
	r.InCall = nil
	r.Close = func() { _ = client.Close() }
	return r, nil
}
