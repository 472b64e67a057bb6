package becket_test

import (
	"context"
	"fmt"
	"iter"
	"log"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/becketflags/becket"
)

// Switches reads documents of lines such as "new-checkout on", the same for every subject.
type Switches struct{}

func (Switches) Name() string { return "switches-v1" }

func (Switches) Decode(document []byte) (becket.Rules, error) {
	rules := &switches{flags: map[string]*becket.Variant{}}
	number := 0
	for line := range strings.Lines(string(document)) {
		number++
		key, word, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || word != "on" && word != "off" {
			err := &becket.DocumentError{Line: number, Column: 1, Message: `expected a flag's key and "on" or "off"`}
			rules.bad = append(rules.bad, becket.Bad{Section: "flags", Key: key, Err: err})
			continue
		}
		rules.flags[key] = &becket.Variant{Name: word, Value: becket.BoolValue(word == "on")}
	}
	return rules, nil
}

// switches is a compiled document.
type switches struct {
	flags map[string]*becket.Variant
	bad   []becket.Bad
}

func (s *switches) Evaluate(flag string, want becket.Kind, _ *becket.Subject, _ *becket.Moment) becket.Result {
	variant := s.flags[flag]
	switch {
	case variant == nil:
		return becket.Result{Reason: becket.ReasonError, Err: becket.ErrFlagNotFound}
	case want != becket.KindBool && want != becket.KindAny:
		return becket.Result{Reason: becket.ReasonError, Err: becket.TypeMismatch(want, becket.KindBool)}
	}
	return becket.Result{Variant: variant, Reason: becket.ReasonStatic}
}

func (s *switches) Flags() iter.Seq[becket.FlagInfo] {
	return func(yield func(becket.FlagInfo) bool) {
		for _, key := range slices.Sorted(maps.Keys(s.flags)) {
			if info, _ := s.Flag(key); !yield(info) {
				return
			}
		}
	}
}

func (s *switches) Flag(key string) (becket.FlagInfo, bool) {
	variant, ok := s.flags[key]
	if !ok {
		return becket.FlagInfo{}, false
	}
	info := becket.FlagInfo{Key: key, Kind: becket.KindBool, Variants: []string{"off", "on"}, Enabled: true}
	if variant.Value.Bool() {
		// if these change, the flag differs between two documents
		info.Definition, info.Behaviour = 1, 1
	}
	return info, true
}

func (s *switches) Info() becket.RulesInfo {
	return becket.RulesInfo{Flags: len(s.flags), Bad: s.bad}
}

func ExampleWithFormat() {
	document := []byte("new-checkout on\nold-search off\nbroken\n")
	client, err := becket.New(becket.Bytes(document), becket.WithFormat(Switches{}))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := client.Wait(ctx); err != nil {
		log.Fatal(err)
	}

	flags := client.For(becket.NewSubject("user-42"))
	fmt.Println(flags.Enabled("new-checkout"), flags.Enabled("old-search"))
	for _, bad := range client.Status().Bad {
		fmt.Println(bad.Key, bad)
	}
	// Output:
	// true false
	// broken becket: 3:1: expected a flag's key and "on" or "off"
}
