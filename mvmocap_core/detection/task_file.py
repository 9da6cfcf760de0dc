"""Packs MediaPipe's plain TFLite networks into the `.task` file that its Tasks API loads.

A `.task` is an uncompressed zip of two networks, each of which says in metadata how an image
becomes its input. The networks published on npm carry no such metadata, so it is added here.
"""

import io
import zipfile
from typing import Any

import flatbuffers
import numpy as np
from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata_schema
from mediapipe.tasks.metadata import schema_py_generated as model_schema

METADATA_BUFFER_NAME = "TFLITE_METADATA"
MINIMUM_PARSER_VERSION = "1.0.0"
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the same bytes on every day

# Pixels 0..255 become (pixel - mean) / std.
DETECTOR_NORMALIZATION = (127.5, 127.5)
LANDMARK_NORMALIZATION = (0.0, 255.0)


def pack_pose_task(detector: bytes, landmarks: bytes) -> bytes:
    """Bytes of a pose landmarker `.task`, always the same for the same networks.

    Args:
        detector: TFLite network that finds people in an image.
        landmarks: TFLite network that finds the 33 landmarks of one person.
    """
    members = {
        "pose_detector.tflite": _with_metadata(detector, *DETECTOR_NORMALIZATION),
        "pose_landmarks_detector.tflite": _with_metadata(landmarks, *LANDMARK_NORMALIZATION),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.create_system = 3  # else the system that packs would show in the bytes
            archive.writestr(entry, content)
    return file.getvalue()


def _with_metadata(network: bytes, mean: float, std: float) -> bytes:
    schema: Any = model_schema
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(network, 0))
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(_metadata(len(model.subgraphs[0].outputs), mean, std), np.uint8)
    model.buffers.append(buffer)
    entry = schema.MetadataT()
    entry.name = METADATA_BUFFER_NAME
    entry.buffer = len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), entry]
    return _packed(model, b"TFL3", initial_size=len(network) + 65536)


def _metadata(n_outputs: int, mean: float, std: float) -> bytes:
    """Describe a network with one RGB image as input and `n_outputs` arrays as output."""
    schema: Any = metadata_schema
    options = schema.NormalizationOptionsT()
    options.mean, options.std = [mean], [std]
    normalization = schema.ProcessUnitT()
    normalization.optionsType = schema.ProcessUnitOptions.NormalizationOptions
    normalization.options = options

    pixels = schema.ImagePropertiesT()
    pixels.colorSpace = schema.ColorSpaceType.RGB
    content = schema.ContentT()
    content.contentPropertiesType = schema.ContentProperties.ImageProperties
    content.contentProperties = pixels
    image = schema.TensorMetadataT()
    image.name, image.content, image.processUnits = "image", content, [normalization]

    outputs = [schema.TensorMetadataT() for _ in range(n_outputs)]
    for index, output in enumerate(outputs):
        output.name = f"output_{index}"
    graph = schema.SubGraphMetadataT()
    graph.inputTensorMetadata, graph.outputTensorMetadata = [image], outputs
    metadata = schema.ModelMetadataT()
    metadata.minParserVersion, metadata.subgraphMetadata = MINIMUM_PARSER_VERSION, [graph]
    return _packed(metadata, b"M001", initial_size=4096)


def _packed(table: Any, file_identifier: bytes, *, initial_size: int) -> bytes:
    builder = flatbuffers.Builder(initial_size)
    builder.Finish(table.Pack(builder), file_identifier)
    return bytes(builder.Output())
