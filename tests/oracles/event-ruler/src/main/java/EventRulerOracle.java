import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import software.amazon.event.ruler.JsonRuleCompiler;
import software.amazon.event.ruler.Machine;

/**
 * Answers what AWS's own matcher makes of patterns and events. Reads a line of JSON each from standard input,
 * {"pattern": text, "events": [text, ...]}, and writes one each to standard output: {"invalid": reason},
 * {"matches": [boolean, ...]}, or {"failed": error} where the matcher itself breaks.
 */
public final class EventRulerOracle {
    private static final ObjectMapper JSON = new ObjectMapper();

    private EventRulerOracle() {}

    public static void main(String[] arguments) throws Exception {
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(JSON.writeValueAsString(answer(JSON.readTree(line))));
        }
        out.flush();
    }

    private static ObjectNode answer(JsonNode question) throws Exception {
        String pattern = question.get("pattern").asText();
        ObjectNode answer = JSON.createObjectNode();
        String problem = JsonRuleCompiler.check(pattern);
        if (problem != null) {
            return answer.put("invalid", problem);
        }
        try {
            Machine machine = new Machine();
            machine.addRule("rule", pattern);
            for (JsonNode event : question.get("events")) {
                boolean matches = !machine.rulesForJSONEvent(event.asText()).isEmpty();
                answer.withArray("matches").add(matches);
            }
            return answer;
        } catch (RuntimeException cause) {
            return JSON.createObjectNode().put("failed", cause.toString());
        }
    }
}
