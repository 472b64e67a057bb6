package becket_test

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// TestEvaluationVectorsHoldForTheClient evaluates the rows again like a program, with a client and
// its views. It leaves out rows in which the ruleset is old, because a client confirms a document
// when it fetches it.
func TestEvaluationVectorsHoldForTheClient(t *testing.T) {
	t.Parallel()
	for name, file := range vectorFiles(t) {
		for _, group := range file.Groups {
			t.Run(name+"/"+group.Name, func(t *testing.T) {
				t.Parallel()
				var document struct{ Revision int64 }
				require.NoError(t, json.Unmarshal(group.Document, &document))
				for at, rows := range byInstant(group.Rows) {
					now := vectorTime(t, at)
					client, err := becket.New(becket.Bytes(group.Document),
						becket.WithClock(func() time.Time { return now }))
					require.NoError(t, err)
					require.NoError(t, client.Wait(t.Context()))
					for _, row := range rows {
						got := askClient(t, client, &row, document.Revision)
						assert.Equalf(t, wanted(&row), got, "%s, group %q, row %q: %s",
							name, group.Name, row.Name, describe(&row))
					}
					require.NoError(t, client.Close())
				}
			})
		}
	}
}

func askClient(t *testing.T, client *becket.Client, row *vectorRow, revision int64) answer {
	t.Helper()
	view := client.For(vectorSubject(t, row))
	switch row.Ask {
	case "boolean":
		return shown(t, row, view.BoolDetail(row.Flag, as[bool](t, row.Fallback)), revision)
	case "string":
		return shown(t, row, view.StringDetail(row.Flag, as[string](t, row.Fallback)), revision)
	case "integer":
		if want, ok := plain(row.Want.Value).(int64); ok && int64(int(want)) != want {
			// no int of this machine holds it
			return shown(t, row, maps.Collect(view.All())[row.Flag], revision)
		}
		return shown(t, row, view.IntDetail(row.Flag, int(as[int64](t, plain(row.Fallback)))), revision)
	case "float":
		fallback, err := as[json.Number](t, row.Fallback).Float64()
		require.NoError(t, err)
		return shown(t, row, view.FloatDetail(row.Flag, fallback), revision)
	default:
		return shown(t, row, becket.JSONDetail(view, row.Flag, row.Fallback), revision)
	}
}

func shown[T any](t *testing.T, row *vectorRow, d becket.Detail[T], revision int64) answer {
	t.Helper()
	assert.Equal(t, row.Flag, d.Flag)
	assert.Equal(t, becket.TierNetwork, d.Tier)
	assert.Equal(t, revision, d.Revision)
	a := answer{Value: plain(d.Value), Variant: d.Variant, Rule: d.Rule, Reason: string(d.Reason), Missing: d.Missing}
	if d.Err != nil {
		var evaluation *becket.EvaluationError
		require.ErrorAs(t, d.Err, &evaluation)
		a.Error = string(evaluation.Code)
	}
	return a.compared(row)
}

func byInstant(rows []vectorRow) map[string][]vectorRow {
	groups := map[string][]vectorRow{}
	for _, row := range rows {
		if row.Age == "" {
			groups[row.At] = append(groups[row.At], row)
		}
	}
	return groups
}
