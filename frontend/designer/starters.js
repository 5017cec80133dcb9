// What a new file begins with.
const escape = (text) => text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);

export const keyFrom = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").replace(/^(\d)/, "f-$1");

export function newDiagram(key, name) {
  return `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:lanedesk="urn:lanedesk:bpmn:1.0" id="${key}_definitions" targetNamespace="urn:lanedesk:library" exporter="Lanedesk">
  <bpmn:collaboration id="collaboration">
    <bpmn:participant id="pool" name="${escape(name)}" processRef="${key}" />
  </bpmn:collaboration>
  <bpmn:process id="${key}" name="${escape(name)}" isExecutable="true">
    <bpmn:startEvent id="start" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement="collaboration">
      <bpmndi:BPMNShape id="pool_di" bpmnElement="pool" isHorizontal="true">
        <dc:Bounds x="120" y="80" width="960" height="300" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="start_di" bpmnElement="start">
        <dc:Bounds x="212" y="152" width="36" height="36" />
      </bpmndi:BPMNShape>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
`;
}

export function newDecision(key, name) {
  return `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" id="${key}_definitions" name="${escape(name)}" namespace="urn:lanedesk:library" exporter="Lanedesk">
  <decision id="${key}" name="${escape(name)}">
    <decisionTable id="${key}_table" hitPolicy="FIRST">
      <input id="${key}_input1" label="">
        <inputExpression id="${key}_expression1" typeRef="string">
          <text></text>
        </inputExpression>
      </input>
      <output id="${key}_output1" name="result" typeRef="string" />
    </decisionTable>
  </decision>
  <dmndi:DMNDI>
    <dmndi:DMNDiagram id="${key}_diagram">
      <dmndi:DMNShape id="${key}_shape" dmnElementRef="${key}">
        <dc:Bounds height="80" width="180" x="160" y="100" />
      </dmndi:DMNShape>
    </dmndi:DMNDiagram>
  </dmndi:DMNDI>
</definitions>
`;
}

export const newForm = (id) => `${JSON.stringify({ type: "default", id, schemaVersion: 18, components: [] }, null, 2)}\n`;

export const newScenario = (key) => `- name: {zh: 正常流程, en: The usual way}
  operators: {}
  steps:
    - start: ${key}
      with: {}
`;
