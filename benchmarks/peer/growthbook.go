package peer

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/growthbook/growthbook-golang"

	"github.com/becketflags/becket/benchmarks/contender"
	"github.com/becketflags/becket/benchmarks/scene"
)

// GrowthBook is GrowthBook's Go SDK with features as JSON and no data source.
func GrowthBook() contender.Contender {
	return contender.Contender{
		Name:    "GrowthBook",
		Module:  "github.com/growthbook/growthbook-golang",
		Role:    contender.Peer,
		Prepare: prepareGrowthBook,
	}
}

type object = map[string]any

func prepareGrowthBook(w scene.Workload, users *scene.AllUsers) (*contender.Runner, error) {
	features := object{w.Flag: growthBookFeature(w)}
	for _, key := range scene.Fillers() {
		features[key] = object{"defaultValue": false}
	}
	document, err := json.Marshal(features)
	if err != nil {
		return nil, err
	}
	client, err := growthbook.NewClient(context.Background(),
		growthbook.WithJsonFeatures(string(document)),
		growthbook.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, err
	}
	var children [scene.Rotation]*growthbook.Client
	for i := range users {
		if children[i], err = client.WithAttributes(growthBookAttributes(&users[i])); err != nil {
			return nil, err
		}
	}
	r := growthBookBoolean(client, w.Flag, &children, users)
	if w.Kind == scene.Split {
		r = growthBookSplit(client, w.Flag, &children, users)
	}
	r.Close = func() { _ = client.Close() }
	return r, nil
}

func growthBookAttributes(u *scene.User) growthbook.Attributes {
	return growthbook.Attributes{
		"id": u.Key, "country": u.Country, "version": u.Version, "plan": u.Plan, "age": u.Age, "beta": u.Beta,
	}
}

func growthBookFeature(w scene.Workload) object {
	rule := func(condition object) object { return object{"condition": condition, "force": true} }
	var rules []object
	switch w.Kind {
	case scene.Plain:
		return object{"defaultValue": true}
	case scene.Country:
		rules = append(rules, rule(object{"country": object{"$in": scene.Listed}}))
	case scene.Rules:
		for _, r := range scene.TenRules() {
			rules = append(rules, rule(object{
				"country": object{"$in": r.Countries}, "version": object{"$vgte": r.Minimum}}))
		}
	case scene.Percent:
		rules = append(rules, object{
			"force": true, "coverage": scene.Share / 100.0, "hashAttribute": "id", "hashVersion": 2,
		})
	case scene.KeyList:
		rules = append(rules, rule(object{"id": object{"$in": scene.Members(w.ListSize)}}))
	case scene.Split:
		var values []string
		var weights []float64
		for _, arm := range scene.Arms {
			values, weights = append(values, arm.Name), append(weights, float64(arm.Weight)/100)
		}
		return object{"defaultValue": "", "rules": []object{{
			"variations": values, "weights": weights, "coverage": 1, "hashAttribute": "id", "hashVersion": 2}}}
	}
	return object{"defaultValue": false, "rules": rules}
}

// growthBookChild does the work of a request: it makes a child client with the user's attributes.
func growthBookChild(client *growthbook.Client, u *scene.User) *growthbook.Client {
	child, err := client.WithAttributes(growthBookAttributes(u))
	if err != nil {
		panic(err)
	}
	return child
}

//go:noinline
func growthBookBoolean(
	client *growthbook.Client, key string, children *[scene.Rotation]*growthbook.Client, users *scene.AllUsers,
) *contender.Runner {
	ctx := context.Background()
	return &contender.Runner{
		Beforehand: func(n int) (sum uint64) {
			for i := range n {
				if children[i&scene.Mask].EvalFeature(ctx, key).On {
					sum++
				}
			}
			return sum
		},
		InCall: func(n int) (sum uint64) {
			for i := range n {
				if growthBookChild(client, &users[i&scene.Mask]).EvalFeature(ctx, key).On {
					sum++
				}
			}
			return sum
		},
		Answer: func(u *scene.User) uint64 {
			if growthBookChild(client, u).EvalFeature(ctx, key).On {
				return 1
			}
			return 0
		},
	}
}

//go:noinline
func growthBookSplit(
	client *growthbook.Client, key string, children *[scene.Rotation]*growthbook.Client, users *scene.AllUsers,
) *contender.Runner {
	ctx := context.Background()
	length := func(r *growthbook.FeatureResult) uint64 {
		text, _ := r.Value.(string)
		return uint64(len(text))
	}
	return &contender.Runner{
		Beforehand: func(n int) (sum uint64) {
			for i := range n {
				sum += length(children[i&scene.Mask].EvalFeature(ctx, key))
			}
			return sum
		},
		InCall: func(n int) (sum uint64) {
			for i := range n {
				sum += length(growthBookChild(client, &users[i&scene.Mask]).EvalFeature(ctx, key))
			}
			return sum
		},
		Answer: func(u *scene.User) uint64 {
			return length(growthBookChild(client, u).EvalFeature(ctx, key))
		},
	}
}
