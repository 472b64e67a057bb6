package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/testdata/rulesets"
)

// These types hold the content of rollout.json, which the program edits.
const (
	firstRevision = `"revision": 1`
	firstPercent  = `"percent": 5`
	firstSplit    = `"split": {"A": 60, "B": 20, "C": 20}`
)

// publisher plays the part of a team: it edits the ruleset file, and a client reads the file.
type publisher struct {
	client   *becket.Client
	path     string
	revision int
}

func newPublisher(folder string) (*publisher, error) {
	p := &publisher{path: filepath.Join(folder, "rollout.json")}
	if err := os.WriteFile(p.path, rulesets.Rollout, 0o600); err != nil {
		return nil, err
	}
	var err error
	p.client, err = becket.New(becket.File(p.path))
	return p, err
}

// publish replaces the file by the next revision, and waits until the client has it. A client that
// polls needs no Refresh.
func (p *publisher) publish(ctx context.Context, percent int, weights weights) error {
	p.revision++
	document := string(rulesets.Rollout)
	for _, edit := range [][2]string{
		{firstRevision, fmt.Sprintf(`"revision": %d`, p.revision)},
		{firstPercent, fmt.Sprintf(`"percent": %d`, percent)},
		{firstSplit, `"split": ` + weights.json()},
	} {
		if strings.Count(document, edit[0]) != 1 {
			return fmt.Errorf("rollout.json should have %s once", edit[0])
		}
		document = strings.Replace(document, edit[0], edit[1], 1)
	}
	// After a rename over the old file, no reader sees half of a file.
	if err := os.WriteFile(p.path+".new", []byte(document), 0o600); err != nil {
		return err
	}
	if err := os.Rename(p.path+".new", p.path); err != nil {
		return err
	}
	if err := p.client.Refresh(ctx); err != nil {
		return err
	}
	if status := p.client.Status(); status.Revision != int64(p.revision) || len(status.Bad) > 0 {
		return fmt.Errorf("revision %d is served, with %d bad flags", status.Revision, len(status.Bad))
	}
	return nil
}

// askAll asks one flag for many users.
func askAll[T any](p *publisher, users int, check func(becket.View) T) []T {
	all := make([]T, users)
	for i := range all {
		all[i] = check(p.client.For(becket.NewSubject("user-" + strconv.Itoa(i+1))))
	}
	return all
}
