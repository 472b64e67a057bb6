package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/becketflags/becket/cmd/becket/internal/edit"
	"github.com/becketflags/becket/internal/native"
)

// number is a number as JSON writes it.
type number struct {
	text    jsontext.Value
	percent float64
}

// numberOf reads a number that is not negative.
func numberOf(text string) (number, error) {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || value < 0 || value-value != 0 {
		return number{}, fmt.Errorf("%q is not a number", text)
	}
	written := jsontext.Value(text)
	if !written.IsValid() {
		written = strconv.AppendFloat(nil, value, 'f', -1, 64) // such as 05 or 1_0
	}
	return number{written, value}, nil
}

// weight is the weight of a variant in a split.
type weight struct {
	variant string
	value   jsontext.Value
}

// weightsOf reads weights such as red=50,blue=50.
func (s *setter) weightsOf(text string) (weights []weight, err error) {
	for one := range strings.SplitSeq(text, ",") {
		i := strings.LastIndexByte(one, '=')
		if i < 0 {
			return nil, fmt.Errorf("%q is not a weight such as red=50", one)
		}
		name := strings.TrimSpace(one[:i])
		if err := s.isVariant(name); err != nil {
			return nil, err
		}
		n, err := numberOf(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(one[i+1:]), "%")))
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(weights, func(w weight) bool { return w.variant == name }) {
			return nil, fmt.Errorf("%s occurs twice in %q", name, text)
		}
		weights = append(weights, weight{name, n.text})
	}
	return weights, nil
}

// split sets the weights of a split, or makes a rule or the default serve one. A split keeps its
// salt, so that subjects change their variant only as far as the weights change.
func (s *setter) split() error {
	weights, err := s.weightsOf(s.value)
	if err != nil {
		return err
	}
	serve, err := s.serve(true)
	if err != nil {
		return err
	}
	if serve.now == nil || !serve.now.IsSplit {
		members := make([]edit.Member, len(weights))
		for i, w := range weights {
			members[i] = edit.Member{Name: w.variant, Value: w.value}
		}
		split := edit.Object(edit.Member{Name: "split", Value: edit.Object(members...)})
		s.changes = func(path edit.Path) []edit.Change { return []edit.Change{serve.set(path, split)} }
		return nil
	}
	s.changes = func(path edit.Path) []edit.Change { return reweigh(serve.path(path).Add("split"), serve.now, weights) }
	return nil
}

// reweigh changes the arms of a split one by one, so that their comments stay.
func reweigh(path edit.Path, now *native.Serve, weights []weight) (changes []edit.Change) {
	for _, w := range weights {
		changes = append(changes, edit.Set(path.Add(w.variant), w.value))
	}
	for i := range now.Arms {
		name := now.Arms[i].Name
		if !slices.ContainsFunc(weights, func(w weight) bool { return w.variant == name }) {
			changes = append(changes, edit.Remove(path.Add(name)))
		}
	}
	return changes
}
